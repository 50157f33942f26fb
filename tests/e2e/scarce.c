/* Lets the heap fail: loaded in front of the C library,
 *
 *     SCARCE=/tmp/word LD_PRELOAD=build/tests/e2e/libscarce.so build/cairn serve ...
 *
 * The file, which must exist, holds three numbers of eight bytes: while the first is n > 0, each nth allocation fails that
 * any thread asks for but the main one and the log's; the second counts all that were asked for meanwhile, the third those
 * that failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct word {
	uint64_t every, asked, failed;
};

static struct word *word;

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t align, size_t n);

__attribute__((constructor)) static void
map_word(void)
{
	const char *path = getenv("SCARCE");
	int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
	void *at;

	if (fd < 0 || ftruncate(fd, sizeof *word) != 0)
		return;
	at = mmap(NULL, sizeof *word, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (at != MAP_FAILED)
		word = at;
}

static bool
is_spared(void)
{
	static _Thread_local int spared = -1;
	char name[16] = "";

	if (spared < 0) {
		pthread_getname_np(pthread_self(), name, sizeof name);
		spared = gettid() == getpid() || strcmp(name, "cairn-log") == 0;
	}
	return spared;
}

static bool
fails(void)
{
	uint64_t every = word == NULL ? 0 : __atomic_load_n(&word->every, __ATOMIC_RELAXED);

	if (every == 0 || is_spared() || __atomic_add_fetch(&word->asked, 1, __ATOMIC_RELAXED) % every != 0)
		return false;
	__atomic_fetch_add(&word->failed, 1, __ATOMIC_RELAXED);
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t n)
{
	return fails() ? NULL : __libc_malloc(n);
}

void *
calloc(size_t count, size_t n)
{
	return fails() ? NULL : __libc_calloc(count, n);
}

void *
realloc(void *p, size_t n)
{
	return fails() ? NULL : __libc_realloc(p, n);
}

void *
aligned_alloc(size_t align, size_t n)
{
	return fails() ? NULL : __libc_memalign(align, n);
}

int
posix_memalign(void **out, size_t align, size_t n)
{
	void *p = fails() ? NULL : __libc_memalign(align, n);

	if (p == NULL)
		return ENOMEM;
	*out = p;
	return 0;
}
