/* Memory from the system itself, by the page: for what is large, lives long, and is to give back what it does not need.
 *
 * It reads as zeros, and each page of it is had from the system when it is first written to, which takes a writer some
 * microseconds. Whoever wants none to wait for that takes all at once; then it comes in huge pages where the system has
 * them (transparent_hugepage: always or madvise).
 *
 * thread: the calls may be made from any, on pages that no other thread uses.
 */
#ifndef CAIRN_BASE_PAGES_H
#define CAIRN_BASE_PAGES_H

#include <stdbool.h>
#include <stddef.h>

/* `n` bytes, whole pages of 4 KiB, aligned for huge ones; NULL where the system does not give them. They are the caller's
 * until pages_free. */
void *pages_new(size_t n);

/* Takes all pages from the system now, before anything is written to them; it lasts as long as clearing so much memory
 * does. False where the system has not enough. */
bool pages_take(void *p, size_t n);

/* Gives the pages back that lie in these bytes, which read as zeros from then on. */
void pages_drop(void *p, size_t n);

/* The whole of what pages_new gave. */
void pages_free(void *p, size_t n);

#endif
