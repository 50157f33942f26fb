#include "cli/demo_nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/demo_wait.h"

#define START_MS 20000
#define END_MS   5000

/* ---- their configurations ---- */

/* Ports that are free, little memory, no log; and the port that the trail shows. */
static void
write_common(FILE *f, const char *name)
{
	fprintf(f,
		"node: {name: %s, workers: 2}\n"
		"listeners: [{address: \"127.0.0.1:0\", shown_port: 3128}]\n"
		"admin: {address: \"127.0.0.1:0\"}\n"
		"store: {memory: 8M}\n"
		"logs: [{file: \"off\"}]\n",
		name);
}

static void
write_shield(FILE *f, const char *site)
{
	fputs("# The shield of cairn demo: the tier next to the site.\n", f);
	write_common(f, DEMO_SHIELD);
	fprintf(f,
		"trail: {secret: demo, tiers: [\"127.0.0.0/8\"]} # the edge gets plain names\n"
		"upstreams:\n"
		"  site: {kind: origin, members: [\"http://%s\"]}\n"
		"  frail: {kind: origin, members: [\"http://%s\"], max_fails: 1, down: 1m}\n"
		"routes:\n"
		"  - {path: /frail/, upstream: frail}\n"
		"  - {path: /shop, upstream: site, cache: {bypass: [\"cookie:session\"]}}\n"
		"  - {upstream: site}\n",
		site, site);
}

static void
write_edge(FILE *f, const char *shield)
{
	fputs("# The edge of cairn demo: the tier next to the readers.\n", f);
	write_common(f, DEMO_EDGE);
	fprintf(f,
		"trail: {secret: demo}\n"
		"upstreams:\n"
		"  shield: {kind: parent, members: [\"http://%s\"]}\n"
		"routes:\n"
		"  - {upstream: shield}\n",
		shield);
}

typedef void write_fn(FILE *f, const char *upstream);

static bool
configure(const struct demo_node *n, write_fn *write_it, const char *upstream)
{
	FILE *f = fopen(n->file, "w");
	bool fine;

	if (f == NULL)
		return false;
	write_it(f, upstream);
	fine = !ferror(f);
	return fclose(f) == 0 && fine;
}

/* ---- start ---- */

/* In the child, where nothing but system calls is safe. */
_Noreturn static void
become(const struct demo_node *n, pid_t parent, int out)
{
	static const char failed[] = "/proc/self/exe cannot be started again\n";
	int none = open("/dev/null", O_RDONLY | O_CLOEXEC);

	setpgid(0, 0); /* a terminal's Ctrl-C is for the demo alone */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent) /* it was gone before that call */
		_exit(1);
	demo_wait_release();
	if (dup2(none, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
		_exit(1);
	execl("/proc/self/exe", "cairn", "serve", "-c", n->file, (char *)NULL);
	if (write(out, failed, sizeof failed - 1) < 0)
		_exit(1);
	_exit(127);
}

static bool
spawn(struct demo_node *n)
{
	pid_t self = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	fflush(NULL);
	n->pid = fork();
	if (n->pid == 0)
		become(n, self, ends[1]);
	close(ends[1]);
	n->says = ends[0];
	if (n->pid > 0)
		return true;
	n->pid = 0;
	close(n->says);
	return false;
}

/* What follows `words` in a line of `text`, up to a space, a colon before one, or the line's end. */
static bool
said(struct str text, struct str words, char out[ADDR_TEXT_SIZE])
{
	ptrdiff_t at = str_find(text, words);
	struct str rest, line, word;

	if (at < 0)
		return false;
	rest = str_skip(text, (size_t)at + words.n);
	if (!str_cut(&rest, '\n', &line))
		return false;
	str_cut(&line, ' ', &word);
	if (str_ends(word, STR(":")))
		word.n--;
	snprintf(out, ADDR_TEXT_SIZE, "%.*s", STR_FMT(word));
	return true;
}

/* Reads what the node says until it has said where it is. */
static bool
await(struct demo_node *n)
{
	char text[4096];
	size_t have = 0;

	for (;;) {
		struct pollfd p = { .fd = n->says, .events = POLLIN };
		enum demo_event event = demo_wait(&p, 1, START_MS);
		ssize_t got = event == DEMO_READY ? read(n->says, text + have, sizeof text - have) : 0;

		if (got <= 0) {
			if (event != DEMO_STOP)
				fprintf(stderr, "cairn demo: the node %s did not start\n%.*s", n->name, (int)have,
					text);
			return false;
		}
		have += (size_t)got;
		if (said(str_of(text, have), STR(" listens on "), n->listens) &&
		    said(str_of(text, have), STR(" admin port on "), n->admin))
			return addr_parse(str_c(n->listens), &n->at);
	}
}

static bool
start(struct demo_node *n, write_fn *write_it, const char *upstream)
{
	if (!configure(n, write_it, upstream) || !spawn(n)) {
		fprintf(stderr, "cairn demo: %s: %s\n", n->file, strerror(errno));
		return false;
	}
	return await(n);
}

bool
demo_nodes_start(struct demo_nodes *n, const union addr *origin)
{
	const char *tmp = getenv("TMPDIR");
	char site[ADDR_TEXT_SIZE];

	site[addr_text_port(origin, site)] = '\0';
	snprintf(n->dir, sizeof n->dir, "%s/cairn-demo-XXXXXX", tmp == NULL ? "/tmp" : tmp);
	if (mkdtemp(n->dir) == NULL) {
		fprintf(stderr, "cairn demo: %s: %s\n", n->dir, strerror(errno));
		n->dir[0] = '\0';
		return false;
	}
	n->shield.name = DEMO_SHIELD;
	n->edge.name = DEMO_EDGE;
	snprintf(n->shield.file, sizeof n->shield.file, "%s/shield.yaml", n->dir);
	snprintf(n->edge.file, sizeof n->edge.file, "%s/edge.yaml", n->dir);
	return start(&n->shield, write_shield, site) && start(&n->edge, write_edge, n->shield.listens);
}

/* ---- while they run, and the end ---- */

/* What the node has said since it was last listened to. False where it has ended. */
static bool
pass_on(struct demo_node *n, FILE *to)
{
	char text[4096];
	ssize_t got;

	while ((got = read(n->says, text, sizeof text)) > 0)
		if (to != NULL)
			fwrite(text, 1, (size_t)got, to);
	return got != 0;
}

bool
demo_nodes_keep(struct demo_nodes *n)
{
	struct pollfd p[] = { { .fd = n->shield.says, .events = POLLIN }, { .fd = n->edge.says, .events = POLLIN } };

	pass_on(&n->shield, NULL); /* what they say when they start */
	pass_on(&n->edge, NULL);
	while (demo_wait(p, 2, -1) == DEMO_READY) {
		if (pass_on(&n->shield, stderr) && pass_on(&n->edge, stderr))
			continue;
		fprintf(stderr, "cairn demo: a node has ended\n");
		return false;
	}
	return true;
}

/* Waits for its end, and sees to it. The exit status of waitpid. */
static int
reap(struct demo_node *n)
{
	struct pollfd p = { .fd = pidfd_open(n->pid, 0), .events = POLLIN };
	int status = 0;

	if (p.fd < 0 || poll(&p, 1, END_MS) != 1)
		kill(n->pid, SIGKILL);
	if (p.fd >= 0)
		close(p.fd);
	waitpid(n->pid, &status, 0);
	n->pid = 0;
	return status;
}

static bool
stop(struct demo_node *n)
{
	int status;
	bool fine;

	if (n->pid == 0)
		return true;
	kill(n->pid, SIGTERM);
	status = reap(n);
	fine = WIFEXITED(status) ? WEXITSTATUS(status) == 0 : WTERMSIG(status) == SIGTERM; /* which came too early for it */
	pass_on(n, fine ? NULL : stderr);
	if (!fine)
		fprintf(stderr, "cairn demo: the node %s did not end well\n", n->name);
	close(n->says);
	return fine;
}

bool
demo_nodes_stop(struct demo_nodes *n)
{
	bool edge = stop(&n->edge), shield = stop(&n->shield);

	if (n->dir[0] != '\0') {
		unlink(n->edge.file);
		unlink(n->shield.file);
		rmdir(n->dir);
	}
	return edge && shield;
}
