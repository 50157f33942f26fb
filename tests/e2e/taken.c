/* Counts, thread by thread, what locks a program takes and what messages it sends. Loaded in front of the C library:
 *
 *     TAKEN=/tmp/rows LD_PRELOAD=build/tests/e2e/libtaken.so build/cairn serve ...
 *
 * The file, which must exist, is written while the program runs: for each thread that did either, in the order in which
 * they began, three numbers of eight bytes: the thread's id, locks taken, messages sent. A mutex, a lock of readers and
 * writers, a spin lock and a semaphore all count, contended or not, tried for or waited for.
 *
 * What the C library locks inside of itself is not seen: its heap's locks above all.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROWS 64

struct row {
	uint64_t thread, locks, messages;
};

static struct row *rows;
static unsigned begun;
static _Thread_local struct row *own;

__attribute__((constructor)) static void
map_rows(void)
{
	const char *path = getenv("TAKEN");
	int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
	void *at;

	if (fd < 0 || ftruncate(fd, ROWS * sizeof *rows) != 0)
		return;
	at = mmap(NULL, ROWS * sizeof *rows, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (at != MAP_FAILED)
		rows = at;
}

/* Its own row, or one that nobody reads: before there are any, and where they are out. */
static struct row *
row_of_thread(void)
{
	static struct row nobody;
	unsigned i;

	if (own != NULL || rows == NULL)
		return own != NULL ? own : &nobody;
	i = __atomic_fetch_add(&begun, 1, __ATOMIC_RELAXED);
	own = i < ROWS ? &rows[i] : &nobody;
	own->thread = (uint64_t)gettid();
	return own;
}

/* A function of the C library that counts first: its result, name, parameters, and these again without their types. */
#define COUNTED(field, type, name, parameters, arguments)                   \
	type name parameters                                                \
	{                                                                   \
		static type(*next) parameters;                              \
                                                                            \
		if (next == NULL)                                           \
			next = (type(*) parameters)dlsym(RTLD_NEXT, #name); \
		row_of_thread()->field++;                                   \
		return next arguments;                                      \
	}

COUNTED(locks, int, pthread_mutex_lock, (pthread_mutex_t * l), (l))
COUNTED(locks, int, pthread_mutex_trylock, (pthread_mutex_t * l), (l))
COUNTED(locks, int, pthread_mutex_timedlock, (pthread_mutex_t * l, const struct timespec *at), (l, at))
COUNTED(locks, int, pthread_mutex_clocklock, (pthread_mutex_t * l, clockid_t clock, const struct timespec *at),
	(l, clock, at))
COUNTED(locks, int, pthread_rwlock_rdlock, (pthread_rwlock_t * l), (l))
COUNTED(locks, int, pthread_rwlock_tryrdlock, (pthread_rwlock_t * l), (l))
COUNTED(locks, int, pthread_rwlock_wrlock, (pthread_rwlock_t * l), (l))
COUNTED(locks, int, pthread_rwlock_trywrlock, (pthread_rwlock_t * l), (l))
COUNTED(locks, int, pthread_spin_lock, (pthread_spinlock_t * l), (l))
COUNTED(locks, int, pthread_spin_trylock, (pthread_spinlock_t * l), (l))
COUNTED(locks, int, sem_wait, (sem_t * s), (s))
COUNTED(locks, int, sem_trywait, (sem_t * s), (s))
COUNTED(locks, int, sem_timedwait, (sem_t * s, const struct timespec *at), (s, at))

/* Cairn sends by this (src/net/sys_impl.h). All calls have at most six words. */
long
syscall(long number, ...)
{
	static long (*next)(long, ...);
	long word[6];
	va_list words;

	va_start(words, number);
	for (int i = 0; i < 6; i++)
		word[i] = va_arg(words, long);
	va_end(words);
	if (next == NULL)
		next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	row_of_thread()->messages += number == SYS_sendto || number == SYS_sendmsg;
	return next(number, word[0], word[1], word[2], word[3], word[4], word[5]);
}
