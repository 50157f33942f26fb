#include "node.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "count.h"
#include "reply.h"

#define PATIENCE_MS 60000 /* with it: for it to start, to answer, to end */

/* ---- its configuration ---- */

static void
write_members(const struct soak_node *n, int fd)
{
	dprintf(fd, "upstreams:\n  site:\n    max_fails: 3\n    down: 1s\n    members:\n");
	for (int i = 0; i < ORIGINS; i++)
		dprintf(fd, "      - http://127.0.0.1:%u\n", n->origins[i]);
}

/* Each reload changes something; what the checks rely on stays. */
static void
write_conf(const struct soak_node *n)
{
	bool odd = n->reloads % 2 == 1;
	int fd = n->file;

	if (ftruncate(fd, 0) != 0 || lseek(fd, 0, SEEK_SET) != 0)
		reply_wrong("the configuration cannot be written");
	write_members(n, fd);
	dprintf(fd, "routes:\n  - upstream: site\n    response_fields:\n      set: [\"X-Reload: %u\"]\n", n->reloads);
	dprintf(fd, "    cache: {stale_while_revalidate: %us}\n", odd ? 1 : 0);
	dprintf(fd, "store: {max_object: %s}\n", odd ? "64M" : "4M");
	dprintf(fd, "limits: {upstream_head: 16K}\ntrail: {secret: soak}\n");
	dprintf(fd, "timeouts: {first_byte: 1s, head: %us, body: %us, write: %us, between: %us}\n", n->patience_s,
		n->patience_s, n->patience_s, n->patience_s);
}

/* ---- starting ---- */

static void
run(const struct soak_node *n, const char *program, const char *memory, int said)
{
	char file[64];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(file, sizeof file, "/proc/%d/fd/%d", (int)getppid(), n->file);
	dup2(said, STDERR_FILENO);
	execl(program, program, "serve", "-c", file, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--memory",
	      memory, "--workers", "2", "--log", "off", "--name", "soak", (char *)NULL);
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
wait_for_ports(struct soak_node *n, int said)
{
	char text[4096] = "";
	size_t have = 0;

	while (n->port == 0 || n->admin == 0) {
		struct pollfd p = { said, POLLIN, 0 };
		ssize_t got = poll(&p, 1, PATIENCE_MS) > 0 ? read(said, text + have, sizeof text - 1 - have) : 0;

		if (got <= 0)
			reply_wrong("the node does not start: %s", text);
		have += (size_t)got;
		text[have] = '\0';
		n->port = port_behind(text, "listens on 127.0.0.1");
		n->admin = port_behind(text, "admin port on 127.0.0.1");
	}
}

/* What it says later is passed on: it is quiet, or has something to say. */
static void
on_said(struct watch *w)
{
	char text[4096];
	ssize_t n = read(w->fd, text, sizeof text);

	if (n > 0)
		fprintf(stderr, "%.*s", (int)n, text);
	else
		reactor_close(w, false);
}

void
node_start(struct soak_node *n, const char *program, const char *memory)
{
	int ends[2];

	n->file = memfd_create("soak.yaml", 0);
	if (n->file < 0 || pipe(ends) != 0)
		reply_wrong("no pipe");
	write_conf(n);
	n->pid = fork();
	if (n->pid == 0) {
		close(ends[0]);
		run(n, program, memory, ends[1]);
	}
	close(ends[1]);
	wait_for_ports(n, ends[0]);
	n->said.ready = on_said;
	reactor_add(&n->said, ends[0], EPOLLIN);
}

/* ---- the admin port ---- */

static char answer[65536];

/* Returns the status; what it says is in `answer`. */
static int
ask_admin(const struct soak_node *n, const char *method, const char *path)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr = { htonl(INADDR_LOOPBACK) },
				  .sin_port = htons(n->admin) };
	struct timeval patience = { PATIENCE_MS / 1000, 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), status = 0;
	size_t have = 0;
	ssize_t got;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (connect(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
	    dprintf(fd, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", method, path) < 0)
		reply_wrong("the admin port does not answer");
	while (have < sizeof answer - 1 && (got = read(fd, answer + have, sizeof answer - 1 - have)) > 0)
		have += (size_t)got;
	answer[have] = '\0';
	close(fd);
	if (sscanf(answer, "HTTP/1.1 %d", &status) != 1)
		reply_wrong("the admin port says: %s", answer);
	return status;
}

const char *
node_status(const struct soak_node *n)
{
	if (ask_admin(n, "GET", "/v1/status") != 200)
		reply_wrong("no status: %s", answer);
	return answer;
}

int64_t
status_sum(const char *status, const char *key)
{
	char wanted[64];
	int length = snprintf(wanted, sizeof wanted, "\"%s\":", key);
	const char *at = strstr(status, wanted);
	int64_t sum = 0;

	if (at == NULL)
		reply_wrong("no %s in the status: %s", key, status);
	for (; at != NULL; at = strstr(at + length, wanted))
		sum += strtoll(at + length, NULL, 10);
	return sum;
}

void
node_purge_all(const struct soak_node *n, bool soft)
{
	if (ask_admin(n, "POST", soft ? "/v1/purge-all?soft=1" : "/v1/purge-all") != 200)
		reply_wrong("no purge: %s", answer);
	if (!soft)
		site_raise_all();
	count(COUNT_PURGES_ALL);
}

static void
reload_badly(const struct soak_node *n)
{
	dprintf(n->file, "limits: {\n");
	if (ask_admin(n, "POST", "/v1/reload") == 200)
		reply_wrong("a bad file is taken: %s", answer);
	count(COUNT_BAD_RELOADS);
}

void
node_reload(struct soak_node *n)
{
	n->reloads++;
	write_conf(n);
	if (n->reloads % 5 == 4) {
		reload_badly(n);
		return;
	}
	count(COUNT_RELOADS);
	if (n->reloads % 5 == 3) /* reads the file when it comes to it: whichever is there then is fine */
		kill(n->pid, SIGHUP);
	else if (ask_admin(n, "POST", "/v1/reload") != 200)
		reply_wrong("a good file is refused: %s", answer);
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
	unsigned found = 0;
	DIR *d;

	snprintf(path, sizeof path, "/proc/%d/fd", (int)n->pid);
	d = opendir(path);
	while (d != NULL && readdir(d) != NULL)
		found++;
	if (d != NULL)
		closedir(d);
	return found - 2;
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
		reactor_turn(); /* it may have something to say */
		usleep(20000);
	}
	kill(n->pid, SIGKILL);
	waitpid(n->pid, &status, 0);
	return 128 + SIGKILL;
}
