/* Assertions that stay in the released program.
 *
 * MUST is for what we can prove: a failure is a bug of ours and ends the process with a line that says where.
 * Nothing that came from a socket, a disk or a configuration may reach it; each parser has a fuzzer that shows so.
 */
#ifndef CAIRN_BASE_MUST_H
#define CAIRN_BASE_MUST_H

/* Prints file, line, function and the condition to standard error, then aborts. */
_Noreturn void must_fail(const char *file, int line, const char *func, const char *what);

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (__builtin_expect(!(cond), 0))                                                  \
			must_fail(__FILE__, __LINE__, __func__, #cond);                            \
	} while (0)

/* A pointer that is there and still is what it claims to be. `MAGIC` is the struct's own constant. */
#define MUST_OBJ(p, MAGIC) MUST((p) != NULL && (p)->magic == (MAGIC))

/* A branch that cannot be taken. */
#define MUST_NOT_REACH() must_fail(__FILE__, __LINE__, __func__, "must not be reached")

/* Whole-structure checks, too dear for the released program; on in test builds (-DCAIRN_COSTLY). */
#ifdef CAIRN_COSTLY
#define COSTLY(stmt) do { stmt; } while (0)
#else
#define COSTLY(stmt) do { } while (0)
#endif

#define LIKELY(x)   __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#endif
