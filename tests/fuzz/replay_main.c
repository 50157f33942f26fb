/* Runs a fuzzer once over each file of its corpus, as an ordinary test and without libFuzzer.
 *
 *     replay_NAME FILE-OR-FOLDER...
 *
 * Fails where a file cannot be read or there is none. Each input lies in a block of its own size, so that a sanitizer
 * sees the first byte read behind it.
 */
#include <dirent.h>
#include <stdio.h>

#include "fuzz.h"

static unsigned inputs;

_Noreturn static void
give_up(const char *path, const char *what)
{
	fprintf(stderr, "%s: %s\n", path, what);
	exit(1);
}

/* The file's bytes, malloc'ed. */
static uint8_t *
slurp(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	long n;

	if (f == NULL || fseek(f, 0, SEEK_END) != 0)
		give_up(path, "cannot be opened");
	n = ftell(f);
	if (n < 0 || fseek(f, 0, SEEK_SET) != 0)
		give_up(path, "cannot be read");
	data = malloc((size_t)n == 0 ? 1 : (size_t)n);
	if (data == NULL || fread(data, 1, (size_t)n, f) != (size_t)n)
		give_up(path, "cannot be read");
	fclose(f);
	*size = (size_t)n;
	return data;
}

static void
run_file(const char *path)
{
	size_t size;
	uint8_t *data = slurp(path, &size);

	LLVMFuzzerTestOneInput(data, size);
	free(data);
	inputs++;
}

static void
run_folder(DIR *dir, const char *path)
{
	const struct dirent *entry;
	char name[4096];

	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
		run_file(name);
	}
	closedir(dir);
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		DIR *dir = opendir(argv[i]);

		if (dir == NULL)
			run_file(argv[i]);
		else
			run_folder(dir, argv[i]);
	}
	if (inputs == 0)
		give_up(argc > 1 ? argv[1] : "no argument", "no inputs");
	printf("%u inputs\n", inputs);
	return 0;
}
