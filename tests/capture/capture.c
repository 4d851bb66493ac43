/* A capture's file, read back by libpcap: every frame with its bytes, time and length; cut to the
 * snap length; no larger than allowed, with what is missing counted. */
#include "capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

#define FRAMES 5000u
#define EPOCH_NS 1700000000123456789ull
#define FRAME_BYTES_MAX 1500u
#define PATH "capture-test.pcapng"

static uint8_t bytes[FRAME_BYTES_MAX];
static char error[1024];

static uint32_t length_of(uint32_t number)
{
	return 60 + number * 7919u % (FRAME_BYTES_MAX - 60);
}

static void frame_fill(uint32_t number)
{
	for (uint32_t i = 0; i < length_of(number); i++)
		bytes[i] = (uint8_t)(number * 31 + i);
}

/* Frame number i at i microseconds, by turns from two links. */
static uint32_t frames_show(struct link_tap *const *taps, uint32_t count)
{
	uint32_t taken = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t length = length_of(i);
		const struct port_piece pieces[] = {{bytes, 42}, {bytes + 42, length - 42}};

		frame_fill(i);
		taken += taps[i % 2]->frame(taps[i % 2], i * 1000ull, i % 3 == 0, pieces, 2);
		if (i % 500 == 499)
			usleep(2 * MR_CAPTURE_PAUSE_US);
	}
	return taken;
}

static struct capture_counts capture_make(const struct capture_config *config)
{
	struct capture_counts counts;
	struct capture *capture;
	struct link_tap *taps[2];
	uint32_t taken;

	CHECK(capture_open(&capture, config, error, sizeof(error)) == 0, "%s", error);
	CHECK(capture_tap(capture, "node 0", &taps[0]) == 0);
	CHECK(capture_tap(capture, "node 1", &taps[1]) == 0);
	CHECK(capture_start(capture) == 0);
	taken = frames_show(taps, FRAMES);
	capture_close(&capture, &counts);
	CHECK(capture == NULL && counts.error == 0);
	CHECK(counts.frames + counts.missed == FRAMES);
	CHECK(counts.frames <= taken, "more is in the file than was taken");
	return counts;
}

/* Returns how many there are; they are the first ones, without gaps. */
static uint32_t frames_check(uint32_t snap_bytes)
{
	pcap_t *pcap =
	    pcap_open_offline_with_tstamp_precision(PATH, PCAP_TSTAMP_PRECISION_NANO, error);
	struct pcap_pkthdr *head;
	const uint8_t *data;
	uint32_t count = 0;
	int rc;

	CHECK(pcap != NULL, "%s", error);
	CHECK(pcap_datalink(pcap) == DLT_EN10MB);
	while ((rc = pcap_next_ex(pcap, &head, &data)) == 1) {
		uint64_t time_ns =
		    (uint64_t)head->ts.tv_sec * 1000000000u + (uint64_t)head->ts.tv_usec;
		uint32_t length = length_of(count);
		uint32_t kept = length < snap_bytes ? length : snap_bytes;

		frame_fill(count);
		CHECK(head->len == length && head->caplen == kept, "frame %u: %u of %u", count,
		      head->caplen, head->len);
		CHECK(memcmp(data, bytes, kept) == 0, "frame %u has other bytes", count);
		CHECK(time_ns == EPOCH_NS + count * 1000ull, "frame %u is at %llu ns", count,
		      (unsigned long long)time_ns);
		count++;
	}
	CHECK(rc == PCAP_ERROR_BREAK, "%s", pcap_geterr(pcap));
	pcap_close(pcap);
	return count;
}

static void test_whole(void)
{
	const struct capture_config config = {.path = PATH, .epoch_ns = EPOCH_NS};

	CHECK(capture_make(&config).frames == FRAMES);
	CHECK(frames_check(UINT32_MAX) == FRAMES);
}

static void test_snap(void)
{
	const struct capture_config config = {.path = PATH, .epoch_ns = EPOCH_NS, .snap_bytes = 99};
	struct stat stat_now;

	CHECK(capture_make(&config).frames == FRAMES);
	CHECK(frames_check(99) == FRAMES);
	CHECK(stat(PATH, &stat_now) == 0 && (stat_now.st_mode & 077) == 0,
	      "others can read what nodes say");
}

static uint32_t ended_times;
static int ended_error;

static void ended(const char *path, int code)
{
	ended_times++;
	ended_error = code;
}

static void test_limit(void)
{
	const struct capture_config config = {
	    .path = PATH, .epoch_ns = EPOCH_NS, .bytes_max = 100000, .ended = ended};
	struct capture_counts counts = capture_make(&config);
	struct stat stat_now;

	CHECK(counts.frames > 50 && counts.missed > FRAMES / 2);
	CHECK(stat(PATH, &stat_now) == 0 && stat_now.st_size <= 100000, "%lld bytes",
	      (long long)stat_now.st_size);
	CHECK(frames_check(UINT32_MAX) == counts.frames);
	CHECK(counts.told && ended_times == 1 && ended_error == 0, "told %u times", ended_times);
	ended_times = 0;
}

static void test_trouble(void)
{
	struct capture_config config = {.path = "no/such/folder/file"};
	struct capture_counts counts;
	struct capture *capture = NULL;
	struct link_tap *taps[2];

	CHECK(capture_open(&capture, &config, error, sizeof(error)) == -ENOENT);
	CHECK(strstr(error, "no/such/folder/file") != NULL, "%s", error);
	/* A full disk: told at the end, and no tap waits for it. */
	config.path = "/dev/full";
	config.ended = ended;
	if (access(config.path, W_OK) != 0)
		return;
	CHECK(capture_open(&capture, &config, error, sizeof(error)) == 0, "%s", error);
	CHECK(capture_tap(capture, "node 0", &taps[0]) == 0);
	CHECK(capture_tap(capture, "node 1", &taps[1]) == 0);
	CHECK(capture_start(capture) == 0);
	frames_show(taps, FRAMES);
	capture_close(&capture, &counts);
	CHECK(counts.error == -ENOSPC, "%d", counts.error);
	CHECK(counts.missed > 0);
	CHECK(ended_times == counts.told && (!counts.told || ended_error == -ENOSPC),
	      "told %u times", ended_times);
}

int main(void)
{
	test_whole();
	test_snap();
	test_limit();
	test_trouble();
	unlink(PATH);
	return 0;
}
