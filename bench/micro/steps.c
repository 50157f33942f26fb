#include "steps.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/must.h"

/* Both sides see it. The child stops itself before the call and behind it. */
static volatile uint64_t *steps;

static bool
is_mark(int status)
{
	return WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP;
}

/* From one mark to the next. Returns the last status. */
static int
step_through(pid_t child)
{
	uint64_t n = 0;
	int status;

	do {
		MUST(ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) == 0 && waitpid(child, &status, 0) == child);
		n++;
	} while (WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
	*steps = n;
	return status;
}

/* Runs the child to its end, and ends like it. */
static void
watch(pid_t child)
{
	int status;

	MUST(waitpid(child, &status, 0) == child);
	for (;;) {
		long signal = 0;

		if (is_mark(status))
			status = step_through(child);
		if (!WIFSTOPPED(status))
			_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
		if (!is_mark(status))
			signal = WSTOPSIG(status);
		MUST(ptrace(PTRACE_CONT, child, NULL, signal) == 0 && waitpid(child, &status, 0) == child);
	}
}

void
steps_begin(void)
{
	pid_t child;

	steps = mmap(NULL, sizeof *steps, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(steps != MAP_FAILED);
	child = fork();
	MUST(child >= 0);
	if (child > 0)
		watch(child);
	MUST(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
}

static uint64_t
count(void (*fn)(void *arg), void *arg)
{
	raise(SIGSTOP);
	fn(arg);
	raise(SIGSTOP);
	return *steps;
}

static void
nothing(void *arg)
{
	(void)arg;
}

uint64_t
steps_of(void (*fn)(void *arg), void *arg)
{
	return count(fn, arg) - count(nothing, arg);
}
