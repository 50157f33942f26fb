#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ops/secret.h"

static char dir[64];
static struct arena *arena;

static struct secret_home
home(bool dry)
{
	return (struct secret_home){ .state = str_c(dir), .user = STR(""), .dry = dry };
}

static const char *
path(const char *file)
{
	static char text[128];

	snprintf(text, sizeof text, "%s/%s", dir, file);
	return text;
}

static int
make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/cairn-secret-XXXXXX");
	arena = arena_new(1 << 16);
	return mkdtemp(dir) == NULL || arena == NULL;
}

static int
remove_dir(void **state)
{
	(void)state;
	unlink(path("trail-secret"));
	unlink(path("index-secret"));
	arena_free(&arena);
	return rmdir(dir);
}

static void
put(const char *file, const char *bytes, size_t n)
{
	FILE *f = fopen(path(file), "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	fclose(f);
}

static void
a_process_is_told_from_others(void **state)
{
	(void)state;
	assert_true(secret_instance() != 0);
	assert_true(secret_instance() == secret_instance());
}

static void
nothing_is_kept_without_a_directory(void **state)
{
	const struct secret_home nowhere = { .state = STR_INIT("") };
	struct hash_secret one, two;
	struct str text, again;
	int err;

	(void)state;
	text = secret_trail(&nowhere, arena, &err);
	assert_int_equal(err, 0);
	assert_int_equal(text.n, 64);
	again = secret_trail(&nowhere, arena, &err);
	assert_true(str_eq(text, again)); /* a reload changes no name */
	assert_int_equal(secret_index(&nowhere, &one), 0);
	assert_int_equal(secret_index(&nowhere, &two), 0);
	assert_memory_equal(one.bytes, two.bytes, sizeof one.bytes);
}

static void
a_secret_is_written_once(void **state)
{
	const struct secret_home h = home(false);
	struct hash_secret index;
	struct stat st;
	int err;

	(void)state;
	assert_int_equal(secret_trail(&h, arena, &err).n, 64);
	assert_int_equal(stat(path("trail-secret"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 64);
	assert_int_equal(secret_index(&h, &index), 0);
	assert_int_equal(stat(path("index-secret"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, HASH_SECRET_SIZE);
}

static void
what_is_kept_is_used(void **state)
{
	const struct secret_home h = home(false), dry = home(true);
	char bytes[HASH_SECRET_SIZE];
	struct hash_secret index;
	int err;

	(void)state;
	memset(bytes, 'a', sizeof bytes);
	put("trail-secret", bytes, 64);
	put("index-secret", bytes, sizeof bytes);
	assert_memory_equal(secret_trail(&h, arena, &err).p, bytes, 64);
	assert_memory_equal(secret_trail(&dry, arena, &err).p, bytes, 64);
	assert_int_equal(secret_index(&h, &index), 0);
	assert_memory_equal(index.bytes, bytes, sizeof bytes);
}

static void
damage_is_told(void **state)
{
	const struct secret_home h = home(false), dry = home(true);
	char bytes[HASH_SECRET_SIZE + 1] = { 0 };
	struct hash_secret index;
	int err;

	(void)state;
	put("trail-secret", bytes, 63);
	assert_null(secret_trail(&h, arena, &err).p);
	assert_int_equal(err, -EBADMSG);
	assert_null(secret_trail(&dry, arena, &err).p);
	assert_int_equal(err, -EBADMSG);
	put("index-secret", bytes, sizeof bytes);
	assert_int_equal(secret_index(&h, &index), -EBADMSG);
}

/* Only root can give files away. */
static void
whoever_the_node_becomes_can_read_it(void **state)
{
	const struct passwd *nobody = getpwnam("nobody");
	struct secret_home h = home(false);
	struct stat st;
	int err;

	(void)state;
	if (geteuid() != 0 || nobody == NULL)
		skip();
	h.user = STR("nobody");
	secret_trail(&h, arena, &err);
	assert_int_equal(err, 0);
	assert_int_equal(stat(path("trail-secret"), &st), 0);
	assert_int_equal(st.st_uid, nobody->pw_uid);
}

static void
looking_makes_nothing(void **state)
{
	const struct secret_home h = home(true);
	struct secret_home gone = home(true);
	int err;

	(void)state;
	assert_int_equal(secret_trail(&h, arena, &err).n, 64);
	assert_int_equal(err, 0);
	assert_int_not_equal(access(path("trail-secret"), F_OK), 0);
	gone.state = STR("/nowhere/at/all");
	assert_int_equal(secret_trail(&gone, arena, &err).n, 64);
	assert_int_equal(err, 0);
	gone.dry = false;
	assert_null(secret_trail(&gone, arena, &err).p);
	assert_int_equal(err, -ENOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_process_is_told_from_others, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(nothing_is_kept_without_a_directory, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_secret_is_written_once, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(what_is_kept_is_used, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(damage_is_told, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(whoever_the_node_becomes_can_read_it, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(looking_makes_nothing, make_dir, remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
