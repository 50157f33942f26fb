#include "ops/usage.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"

static int64_t
milliseconds(struct timeval t)
{
	return (int64_t)t.tv_sec * MS_PER_S + t.tv_usec / 1000;
}

static uint64_t
resident(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	unsigned long long size, pages = 0;

	if (f == NULL)
		return 0;
	if (fscanf(f, "%llu %llu", &size, &pages) != 2)
		pages = 0;
	fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* The one that looking needs is not counted, nor are "." and "..". */
static uint64_t
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	uint64_t n = 0;

	if (d == NULL)
		return 0;
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n < 3 ? 0 : n - 3;
}

void
usage_read(struct usage *out)
{
	struct rlimit limit = { 0 };
	struct rusage used = { 0 };

	getrusage(RUSAGE_SELF, &used);
	getrlimit(RLIMIT_NOFILE, &limit);
	*out = (struct usage){
		.cpu_ms = milliseconds(used.ru_utime) + milliseconds(used.ru_stime),
		.resident = resident(),
		.descriptors = descriptors(),
		.descriptors_limit = limit.rlim_cur,
	};
}
