/* Checking an ELF file of a stranger: what a function's code wants of memory, and where it begins.
 */
#include "image.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "backend.h"

struct check {
	const uint8_t *file;
	size_t bytes;
	struct image *image;
	char *error;
	size_t error_bytes;
};

#define REFUSE(check, ...) \
	backend_error((check)->error, (check)->error_bytes, -ENOEXEC, __VA_ARGS__)

#define LINK_IT "; link it with -T millrace_function.ld, as docs/sandbox.md says"

static int head_check(const struct check *c, Elf64_Ehdr *head)
{
	if (c->bytes < sizeof(*head))
		return REFUSE(c, "this is no ELF image: %zu bytes are too few", c->bytes);
	memcpy(head, c->file, sizeof(*head));
	if (memcmp(head->e_ident, ELFMAG, SELFMAG) != 0)
		return REFUSE(c, "this is no ELF image: the backends process and kvm run NAME.elf");
	if (head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_ident[EI_DATA] != ELFDATA2LSB ||
	    head->e_ident[EI_VERSION] != EV_CURRENT || head->e_version != EV_CURRENT ||
	    head->e_machine != EM_X86_64)
		return REFUSE(c, "the image is not for x86-64");
	if (head->e_type != ET_EXEC)
		return REFUSE(c, "the image is a shared object or relocatable" LINK_IT);
	if (head->e_phentsize != sizeof(Elf64_Phdr) || head->e_phnum == 0 ||
	    head->e_phnum > IMAGE_PARTS_MAX)
		return REFUSE(c,
			      "the image has %u program headers of %u bytes; 1 to %u of %zu are "
			      "taken",
			      head->e_phnum, head->e_phentsize, IMAGE_PARTS_MAX,
			      sizeof(Elf64_Phdr));
	if (head->e_phoff > c->bytes ||
	    c->bytes - head->e_phoff < head->e_phnum * sizeof(Elf64_Phdr))
		return REFUSE(c, "the image ends before its program headers do");
	return 0;
}

static int rights_of(const struct check *c, uint32_t flags, unsigned int *rights)
{
	*rights = IMAGE_READ;
	switch (flags & (PF_R | PF_W | PF_X)) {
	case PF_R:
		return 0;
	case PF_R | PF_W:
		*rights |= IMAGE_WRITE;
		return 0;
	case PF_R | PF_X:
		*rights |= IMAGE_EXECUTE;
		return 0;
	default:
		return REFUSE(
		    c, "a segment of the image can be written and executed, or not read" LINK_IT);
	}
}

static int segment_check(struct check *c, const Elf64_Phdr *part)
{
	struct image *image = c->image;
	struct image_segment *segment = &image->segments[image->segment_count];
	const uint64_t low =
	    image->segment_count > 0 ? segment[-1].address + segment[-1].bytes : IMAGE_LOW;

	if (part->p_memsz == 0 && part->p_filesz == 0)
		return 0;
	if (image->segment_count == IMAGE_SEGMENTS_MAX)
		return REFUSE(c, "the image has more than %u segments" LINK_IT, IMAGE_SEGMENTS_MAX);
	if (part->p_vaddr % IMAGE_PAGE_BYTES != 0)
		return REFUSE(c, "a segment begins at %#llx, within a page" LINK_IT,
			      (unsigned long long)part->p_vaddr);
	if (part->p_vaddr < low || part->p_vaddr >= IMAGE_HIGH ||
	    part->p_memsz > IMAGE_HIGH - part->p_vaddr)
		return REFUSE(c,
			      "a segment of %llu bytes at %#llx lies outside %#llx to %#llx, or "
			      "not behind the one before it" LINK_IT,
			      (unsigned long long)part->p_memsz, (unsigned long long)part->p_vaddr,
			      IMAGE_LOW, IMAGE_HIGH);
	if (part->p_filesz > part->p_memsz || part->p_offset > c->bytes ||
	    part->p_filesz > c->bytes - part->p_offset)
		return REFUSE(c, "the image ends before its segment at %#llx does",
			      (unsigned long long)part->p_vaddr);
	*segment = (struct image_segment){
	    .address = part->p_vaddr,
	    .bytes = (part->p_memsz + IMAGE_PAGE_BYTES - 1) & ~(uint64_t)(IMAGE_PAGE_BYTES - 1),
	    .file_off = part->p_offset,
	    .file_bytes = part->p_filesz,
	};
	image->segment_count++;
	return rights_of(c, part->p_flags, &segment->rights);
}

static int stack_check(struct check *c, const Elf64_Phdr *part)
{
	if ((part->p_flags & PF_X) != 0)
		return REFUSE(c, "the image asks for a stack that can be executed; link it with -z "
				 "noexecstack");
	if (part->p_memsz > IMAGE_STACK_BYTES_MAX)
		return REFUSE(c, "the image asks for a stack of %llu bytes; %u are the most",
			      (unsigned long long)part->p_memsz, IMAGE_STACK_BYTES_MAX);
	if (part->p_memsz > 0)
		c->image->stack_bytes =
		    (part->p_memsz + IMAGE_PAGE_BYTES - 1) & ~(uint64_t)(IMAGE_PAGE_BYTES - 1);
	return 0;
}

static int part_check(struct check *c, const Elf64_Phdr *part)
{
	switch (part->p_type) {
	case PT_LOAD:
		return segment_check(c, part);
	case PT_GNU_STACK:
		return stack_check(c, part);
	case PT_INTERP:
	case PT_DYNAMIC:
		return REFUSE(c, "the image needs a dynamic linker; link it with -static");
	case PT_TLS:
		return REFUSE(c, "the image has thread-local variables, which need a libc's start; "
				 "a run is one thread: make them static");
	default: /* notes, properties: nobody reads them */
		return 0;
	}
}

static int entry_check(const struct check *c, uint64_t entry)
{
	for (uint32_t i = 0; i < c->image->segment_count; i++) {
		const struct image_segment *s = &c->image->segments[i];

		if ((s->rights & IMAGE_EXECUTE) != 0 && entry >= s->address &&
		    entry - s->address < s->file_bytes) {
			c->image->entry = entry;
			return 0;
		}
	}
	return REFUSE(c,
		      "the image's entry %#llx is not in its code: use MR_ENTRY() of "
		      "millrace_function.h, and link with -e mr_entry",
		      (unsigned long long)entry);
}

int image_check(const uint8_t *file, size_t bytes, struct image *image, char *error,
		size_t error_bytes)
{
	struct check c = {file, bytes, image, error, error_bytes};
	Elf64_Ehdr head;
	int rc;

	*image = (struct image){.stack_bytes = IMAGE_STACK_BYTES_DEFAULT};
	rc = head_check(&c, &head);
	for (uint32_t i = 0; rc == 0 && i < head.e_phnum; i++) {
		Elf64_Phdr part;

		memcpy(&part, file + head.e_phoff + i * sizeof(part), sizeof(part));
		rc = part_check(&c, &part);
	}
	return rc == 0 ? entry_check(&c, head.e_entry) : rc;
}

uint64_t image_private_bytes(const struct image *image)
{
	uint64_t bytes = image->stack_bytes;

	for (uint32_t i = 0; i < image->segment_count; i++)
		if ((image->segments[i].rights & IMAGE_WRITE) != 0)
			bytes += image->segments[i].bytes;
	return bytes;
}

void image_segment_fill(const struct image_segment *segment, const uint8_t *file, uint8_t *memory)
{
	memcpy(memory, file + segment->file_off, segment->file_bytes);
	memset(memory + segment->file_bytes, 0, segment->bytes - segment->file_bytes);
}

bool image_gave_up(const struct image *image, const uint8_t *file, uint64_t address)
{
	static const uint8_t ud2[] = {0x0f, 0x0b};

	for (uint32_t i = 0; i < image->segment_count; i++) {
		const struct image_segment *s = &image->segments[i];

		if ((s->rights & IMAGE_EXECUTE) != 0 && address >= s->address &&
		    s->file_bytes >= sizeof(ud2) &&
		    address - s->address <= s->file_bytes - sizeof(ud2))
			return memcmp(file + s->file_off + (address - s->address), ud2,
				      sizeof(ud2)) == 0;
	}
	return false;
}
