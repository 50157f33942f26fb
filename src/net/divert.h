/* Connections that the kernel diverted to a listener of ours: where they were going.
 *
 * Two ways. Redirected (nftables `redirect`): the destination was rewritten to our own, and connection tracking knows what
 * it was before. By TPROXY: nothing was rewritten, and the socket's own address is the destination.
 */
#ifndef CAIRN_NET_DIVERT_H
#define CAIRN_NET_DIVERT_H

#include <stdbool.h>

#include "net/addr.h"

enum divert {
	DIVERT_REDIRECT,
	DIVERT_TPROXY,
};

/* Lets a socket speak and listen under addresses that are not this machine's. 0 or -1 with errno. Takes CAP_NET_RAW or
 * CAP_NET_ADMIN. */
int divert_let(int fd, int family);

/* The destination of an accepted connection. False where nobody knows it. One that came to us straight has our own. */
bool divert_destination(int fd, enum divert how, union addr *out);

/* Does the address belong to this machine? Some system calls. */
bool divert_is_here(const union addr *a);

#endif
