#include "ops/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "base/must.h"

#define TRAIL_SECRET_SIZE 64 /* hex digits, so that a person can copy them into trail.secret */

/* ---- of this process ---- */

static struct {
	uint64_t instance;
	unsigned char trail[TRAIL_SECRET_SIZE];
	struct hash_secret index;
} made;

static void
to_hex(const unsigned char *bytes, size_t n, unsigned char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = (unsigned char)digits[bytes[i] >> 4];
		out[2 * i + 1] = (unsigned char)digits[bytes[i] & 15];
	}
}

/* The kernel's random source does not fail for a process that could be started. */
static void
make(void)
{
	struct hash_secret other;

	MUST(hash_secret_random(&made.index) == 0 && hash_secret_random(&other) == 0);
	to_hex(other.bytes, TRAIL_SECRET_SIZE / 2, made.trail);
	memcpy(&made.instance, other.bytes + TRAIL_SECRET_SIZE / 2, sizeof made.instance);
	made.instance += made.instance == 0;
}

static void
make_once(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make);
}

uint64_t
secret_instance(void)
{
	make_once();
	return made.instance;
}

/* ---- in files ---- */

/* A secret of a fixed size, and the file that it is kept in. */
struct kept {
	const char *file;
	unsigned char *bytes;
	size_t size;
};

/* -ENOENT where there is none yet. */
static int
read_file(int dir, const struct kept *k)
{
	int fd = openat(dir, k->file, O_RDONLY | O_CLOEXEC);
	unsigned char more;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, k->bytes, k->size);
	if (n == (ssize_t)k->size)
		n += read(fd, &more, 1); /* nothing may stand behind it */
	close(fd);
	return n == (ssize_t)k->size ? 0 : -EBADMSG;
}

/* A node started as root reads its secrets again, at a reload, as the user that it has become. */
static int
give_away(int fd, struct str user)
{
	const struct passwd *pw;
	char name[256];

	if (user.n == 0 || user.n >= sizeof name || geteuid() != 0)
		return 0;
	snprintf(name, sizeof name, "%.*s", STR_FMT(user));
	pw = getpwnam(name);
	if (pw == NULL)
		return 0; /* whoever becomes that user will say so */
	return fchown(fd, pw->pw_uid, pw->pw_gid) == 0 ? 0 : -errno;
}

static int
fill_file(int fd, const struct kept *k, struct str user)
{
	ssize_t n = write(fd, k->bytes, k->size);

	if (n != (ssize_t)k->size)
		return n < 0 ? -errno : -ENOSPC;
	return fsync(fd) == 0 ? give_away(fd, user) : -errno;
}

/* Written under another name first, so that no one ever reads half of it; of two processes the first wins. */
static int
write_file(int dir, const struct kept *k, struct str user)
{
	char temporary[64];
	int fd, err;

	snprintf(temporary, sizeof temporary, "%.40s.%ld", k->file, (long)getpid());
	fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = fill_file(fd, k, user);
	close(fd);
	if (err == 0 && linkat(dir, temporary, dir, k->file, 0) != 0)
		err = -errno;
	unlinkat(dir, temporary, 0);
	return err;
}

static int
read_or_write(int dir, const struct kept *k, const struct secret_home *home)
{
	int err = read_file(dir, k);

	if (home->dry)
		return err == -EBADMSG ? err : 0; /* whoever only looks need not be able to read it */
	if (err != -ENOENT)
		return err;
	err = write_file(dir, k, home->user);
	return err == -EEXIST ? read_file(dir, k) : err;
}

/* `k->bytes` hold what this process made for itself, and keep it where the file has nothing better. */
static int
keep(const struct kept *k, const struct secret_home *home)
{
	char path[4096];
	int dir, err;

	if (home->state.n == 0)
		return 0;
	if (home->state.n >= sizeof path)
		return -ENAMETOOLONG;
	snprintf(path, sizeof path, "%.*s", STR_FMT(home->state));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return home->dry ? 0 : -errno;
	err = read_or_write(dir, k, home);
	close(dir);
	return err;
}

struct str
secret_trail(const struct secret_home *home, struct arena *a, int *err)
{
	unsigned char bytes[TRAIL_SECRET_SIZE];
	const struct kept k = { "trail-secret", bytes, sizeof bytes };

	make_once();
	memcpy(bytes, made.trail, sizeof bytes);
	*err = keep(&k, home);
	return *err == 0 ? arena_str(a, str_of((const char *)bytes, sizeof bytes)) : STR_NONE;
}

int
secret_index(const struct secret_home *home, struct hash_secret *out)
{
	struct hash_secret secret;
	const struct kept k = { "index-secret", secret.bytes, sizeof secret.bytes };
	int err;

	make_once();
	secret = made.index;
	err = keep(&k, home);
	if (err == 0)
		*out = secret;
	return err;
}
