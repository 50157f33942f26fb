/* The calls that messages take. Private to net/.
 *
 * glibc brackets recv and sendmsg, in a process with threads, by two calls of its own, for the sake of threads that are
 * cancelled while they wait: 75 instructions each time, a twentieth of a hit. No thread of ours is ever cancelled, nor waits
 * here. Under the sanitizers it is the library's functions that are called, for these are what they watch.
 */
#ifndef CAIRN_NET_SYS_IMPL_H
#define CAIRN_NET_SYS_IMPL_H

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SYS_WATCHED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SYS_WATCHED true
#endif
#endif
#ifndef SYS_WATCHED
#define SYS_WATCHED false
#endif

static inline ssize_t
sys_recv(int fd, void *buf, size_t n)
{
	if (SYS_WATCHED)
		return recv(fd, buf, n, 0);
	return syscall(SYS_recvfrom, fd, buf, n, 0, NULL, NULL);
}

static inline ssize_t
sys_send(int fd, const void *buf, size_t n)
{
	if (SYS_WATCHED)
		return send(fd, buf, n, MSG_NOSIGNAL);
	return syscall(SYS_sendto, fd, buf, n, MSG_NOSIGNAL, NULL, 0);
}

static inline ssize_t
sys_sendmsg(int fd, const struct msghdr *msg)
{
	if (SYS_WATCHED)
		return sendmsg(fd, msg, MSG_NOSIGNAL);
	return syscall(SYS_sendmsg, fd, msg, MSG_NOSIGNAL);
}

#endif
