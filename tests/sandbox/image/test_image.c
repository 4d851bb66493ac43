/*
 * Images: a function of the SDK is taken, with what it asks for; a field at a time that says
 * otherwise is refused with its reason. test_image GOOD.elf SHARED.so
 */
#include <elf.h>
#include <errno.h>

#include "image.h"
#include "test.h"

#define FILE_BYTES_MAX (1u << 20)

static uint8_t good[FILE_BYTES_MAX], file[FILE_BYTES_MAX];
static size_t good_bytes;
static Elf64_Ehdr *const head = (Elf64_Ehdr *)(void *)file;
static Elf64_Phdr *parts; /* of file */
static Elf64_Phdr *code, *stack;

static size_t file_load(const char *path, uint8_t *to)
{
	FILE *stream = fopen(path, "rb");
	size_t n;

	CHECK(stream != NULL, "%s", path);
	n = fread(to, 1, FILE_BYTES_MAX, stream);
	CHECK(n > 0 && n < FILE_BYTES_MAX);
	fclose(stream);
	return n;
}

/* Good again. */
static void file_reset(void)
{
	memcpy(file, good, good_bytes);
	parts = (Elf64_Phdr *)(void *)(file + head->e_phoff);
	code = stack = NULL;
	for (uint32_t i = 0; i < head->e_phnum; i++) {
		if (parts[i].p_type == PT_LOAD && (parts[i].p_flags & PF_X) != 0)
			code = &parts[i];
		if (parts[i].p_type == PT_GNU_STACK)
			stack = &parts[i];
	}
	CHECK(code != NULL && stack != NULL);
}

static void refused_bytes(const uint8_t *bytes, size_t count, const char *words)
{
	char error[512] = "";
	struct image image;

	CHECK(image_check(bytes, count, &image, error, sizeof(error)) == -ENOEXEC, "%s", words);
	CHECK(strstr(error, words) != NULL, "%s, not: %s", error, words);
}

static void refused(const char *words)
{
	refused_bytes(file, good_bytes, words);
	file_reset();
}

static void good_taken(void)
{
	struct image image;
	char error[512] = "";
	const struct image_segment *first = &image.segments[0];

	CHECK(image_check(file, good_bytes, &image, error, sizeof(error)) == 0, "%s", error);
	CHECK(first->address == IMAGE_LOW && first->rights == (IMAGE_READ | IMAGE_EXECUTE));
	CHECK(image.entry >= first->address && image.entry < first->address + first->file_bytes);
	CHECK(image.stack_bytes == 65536);
	CHECK(image_private_bytes(&image) >= image.stack_bytes);
}

static void head_refused(void)
{
	head->e_ident[EI_CLASS] = ELFCLASS32;
	refused("x86-64");
	head->e_machine = EM_AARCH64;
	refused("x86-64");
	head->e_type = ET_DYN;
	refused("-T millrace_function.ld");
	head->e_phentsize--;
	refused("program headers");
	head->e_phnum = 0;
	refused("program headers");
	head->e_phnum = UINT16_MAX;
	refused("program headers");
	head->e_phoff = UINT64_MAX;
	refused("ends before its program headers");
	head->e_phoff = good_bytes - 1;
	refused("ends before its program headers");
	head->e_entry = IMAGE_REGION_BASE;
	refused("entry");
	head->e_entry = 0;
	refused("entry");
	head->e_entry = code->p_vaddr + code->p_filesz;
	refused("entry");
}

static void segments_refused(void)
{
	code->p_vaddr++;
	refused("within a page");
	code->p_vaddr = 0;
	refused("lies outside");
	code->p_vaddr = IMAGE_HIGH;
	refused("lies outside");
	code->p_memsz = UINT64_MAX;
	refused("lies outside");
	code->p_filesz = code->p_memsz + 1;
	refused("ends before its segment");
	code->p_offset = UINT64_MAX - 1;
	refused("ends before its segment");
	code->p_offset = good_bytes - 1;
	refused("ends before its segment");
	code->p_flags |= PF_W;
	refused("written and executed");
	code->p_flags = PF_X;
	refused("not read");
	code->p_flags = PF_R;
	refused("entry");
	*stack = *code;
	refused("not behind the one before it");
	stack->p_flags |= PF_X;
	refused("noexecstack");
	stack->p_memsz = IMAGE_STACK_BYTES_MAX + 1ull;
	refused("stack");
	stack->p_memsz = UINT64_MAX;
	refused("stack");
	stack->p_type = PT_INTERP;
	refused("-static");
	stack->p_type = PT_DYNAMIC;
	refused("-static");
	stack->p_type = PT_TLS;
	refused("thread-local");
}

int main(int argc, char **argv)
{
	static const uint8_t module[128] = "\0asm\1\0\0\0 and so on";
	size_t shared_bytes;

	good_bytes = file_load(argv[1], good);
	file_reset();
	good_taken();
	head_refused();
	segments_refused();
	for (size_t n = 0; n < sizeof(Elf64_Ehdr); n++)
		refused_bytes(good, n, "too few");
	refused_bytes(module, sizeof(module), "this is no ELF image");
	shared_bytes = file_load(argv[2], file);
	refused_bytes(file, shared_bytes, "shared object");
	return 0;
}
