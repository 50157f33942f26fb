#include "node.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reply.h"

#define PATIENCE_MS 20000

/* ---- starting ---- */

static void
run(const char *program, const char *memory, const uint16_t origins[ORIGINS], int said)
{
	char first[64], second[64];

	snprintf(first, sizeof first, "http://127.0.0.1:%u", origins[0]);
	snprintf(second, sizeof second, "http://127.0.0.1:%u", origins[1]);
	dup2(said, STDERR_FILENO);
	execl(program, program, "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--origin", first,
	      "--origin", second, "--memory", memory, "--workers", "2", "--log", "off", "--name", "soak", (char *)NULL);
	_exit(127);
}

static uint16_t
port_behind(const char *text, const char *words)
{
	const char *at = strstr(text, words);

	at = at == NULL ? NULL : strchr(at, ':');
	return at == NULL ? 0 : (uint16_t)strtoul(at + 1, NULL, 10);
}

/* It says where it listens when it does. */
static void
wait_for_ports(struct soak_node *n)
{
	char text[4096];
	size_t have = 0;

	while (n->port == 0 || n->admin == 0) {
		struct pollfd p = { n->said, POLLIN, 0 };
		ssize_t got = poll(&p, 1, PATIENCE_MS) > 0 ? read(n->said, text + have, sizeof text - 1 - have) : 0;

		if (got <= 0)
			reply_wrong("the node does not start: %.*s", (int)have, text);
		have += (size_t)got;
		text[have] = '\0';
		n->port = port_behind(text, "listens on 127.0.0.1");
		n->admin = port_behind(text, "admin port on 127.0.0.1");
	}
}

void
node_start(struct soak_node *n, const char *program, const char *memory, const uint16_t origins[ORIGINS])
{
	int ends[2];

	*n = (struct soak_node){ 0 };
	if (pipe(ends) != 0)
		reply_wrong("no pipe");
	n->pid = fork();
	if (n->pid == 0) {
		close(ends[0]);
		run(program, memory, origins, ends[1]);
	}
	close(ends[1]);
	n->said = ends[0];
	wait_for_ports(n);
}

/* ---- the admin port ---- */

static void
ask_admin(const struct soak_node *n, const char *method, const char *path, char *out, size_t size)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr = { htonl(INADDR_LOOPBACK) },
				  .sin_port = htons(n->admin) };
	struct timeval patience = { PATIENCE_MS / 1000, 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char request[256];
	int length = snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
			      method, path);
	size_t have = 0;
	ssize_t got;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (connect(fd, (struct sockaddr *)&at, sizeof at) != 0 || write(fd, request, (size_t)length) != length)
		reply_wrong("the admin port does not answer");
	while (have < size - 1 && (got = read(fd, out + have, size - 1 - have)) > 0)
		have += (size_t)got;
	out[have] = '\0';
	close(fd);
	if (strncmp(out, "HTTP/1.1 200", 12) != 0)
		reply_wrong("the admin port says: %s", out);
}

int64_t
node_status(const struct soak_node *n, const char *section, const char *key)
{
	char text[16384], wanted[64];
	const char *at;

	ask_admin(n, "GET", "/v1/status", text, sizeof text);
	snprintf(wanted, sizeof wanted, "\"%s\":", key);
	at = strstr(text, section);
	at = at == NULL ? NULL : strstr(at, wanted);
	if (at == NULL)
		reply_wrong("no %s in the status: %s", key, text);
	return strtoll(at + strlen(wanted), NULL, 10);
}

void
node_order(const struct soak_node *n, const char *path)
{
	char text[4096];

	ask_admin(n, "POST", path, text, sizeof text);
}

void
node_reload(const struct soak_node *n)
{
	kill(n->pid, SIGHUP);
}

/* ---- the system's word ---- */

bool
node_runs(const struct soak_node *n)
{
	return waitpid(n->pid, NULL, WNOHANG) == 0;
}

unsigned
node_descriptors(const struct soak_node *n)
{
	char path[64];
	unsigned count = 0;
	DIR *d;

	snprintf(path, sizeof path, "/proc/%d/fd", (int)n->pid);
	d = opendir(path);
	while (d != NULL && readdir(d) != NULL)
		count++;
	if (d != NULL)
		closedir(d);
	return count - 2;
}

uint64_t
node_kib(const struct soak_node *n, const char *what)
{
	char path[64], line[256];
	uint64_t kib = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/status", (int)n->pid);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		if (strncmp(line, what, strlen(what)) == 0)
			kib = strtoull(line + strlen(what) + 1, NULL, 10);
	if (f != NULL)
		fclose(f);
	return kib;
}

int
node_stop(struct soak_node *n)
{
	int status;

	kill(n->pid, SIGTERM);
	for (unsigned ms = 0; ms < PATIENCE_MS; ms += 20) {
		if (waitpid(n->pid, &status, WNOHANG) == n->pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		usleep(20000);
	}
	kill(n->pid, SIGKILL);
	waitpid(n->pid, &status, 0);
	return 128 + SIGKILL;
}
