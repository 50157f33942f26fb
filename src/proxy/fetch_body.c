/* The body of an upstream's response: unframed, and handed to the flight as it comes. */
#include <errno.h>

#include "base/counter.h"
#include "proxy/fetch_impl.h"

#define ROOM       ((size_t)32 * 1024)
#define TURN_MAX   ((size_t)512 * 1024) /* taken from one upstream in one turn of the loop, about */
#define PAUSES_MAX 20 /* for want of room in the store, of PAUSE_MS each */
#define PAUSE_MS   2

/* Too large for the store, or the store is full: from here on it only passes through. */
static bool
stop_storing(struct fetch *f, enum unstorable why)
{
	f->unstorable = why;
	f->resp->stored = false;
	return segs_unstore(f->resp->body, f->conf->store.window);
}

/* Room to put bytes in, NULL with *held where the readers are behind, NULL where there is none. */
static char *
room(struct fetch *f, size_t *n, bool *held)
{
	struct store *store = f->worker->node->store;
	char *p = segs_room(f->resp->body, ROOM, n, held);

	if (p != NULL || *held || segs_is_window(f->resp->body))
		return p;
	if (store_make_room(store, ROOM, loop_now(f->worker->loop).wall_ms)) {
		p = segs_room(f->resp->body, ROOM, n, held);
		if (p != NULL || *held)
			return p;
		if (f->pauses < PAUSES_MAX) { /* what was evicted comes back once its last readers have left */
			f->pauses++;
			f->pausing = *held = true;
			return NULL;
		}
	}
	return stop_storing(f, UNSTORABLE_FULL) ? segs_room(f->resp->body, ROOM, n, held) : NULL;
}

static void
publish(struct fetch *f, size_t n)
{
	if (n == 0)
		return;
	segs_publish(f->resp->body, n);
	counter_add(COUNTER_UPSTREAM_BYTES_IN, n);
	f->got += n;
	if (f->resp->stored && f->got > store_max_object(f->worker->node->store))
		stop_storing(f, UNSTORABLE_TOO_LARGE);
}

static enum fetch_step
broken(struct fetch *f, enum proxy_error error)
{
	fetch_count_failure(f);
	return fetch_failed(f, error);
}

/* Unframes bytes that lie in f->in, to `p`, at most `n`. Returns how many came out; *step where it is over. */
static size_t
unframe(struct fetch *f, char *p, size_t n, enum fetch_step *step)
{
	struct chunked_limits limits = { (uint32_t)f->conf->limits.chunk_extension,
					 (uint32_t)f->conf->limits.trailers };
	size_t out = 0;

	while (out < n && f->in_pos < f->in_n && !f->chunks.done) {
		size_t most = f->in_n - f->in_pos < n - out ? f->in_n - f->in_pos : n - out;
		size_t used = 0;
		struct str data = STR_NONE;

		if (chunked_take(&f->chunks, str_of(f->in + f->in_pos, most), &limits, &used, &data, &f->trailers) !=
		    FAULT_NONE) {
			*step = broken(f, PROXY_ERROR_HTTP_PROTOCOL_ERROR);
			break;
		}
		if (data.n > 0)
			memcpy(p + out, data.p, data.n);
		out += data.n;
		f->in_pos += used;
		if (used == 0)
			break;
	}
	if (f->chunks.done)
		*step = FETCH_FINISH;
	return out;
}

/* From what was read along with the head, or for chunks. */
static size_t
take_buffered(struct fetch *f, char *p, size_t n, enum fetch_step *step)
{
	size_t have = f->in_n - f->in_pos;

	if (f->frame.framing == FRAMING_CHUNKED)
		return unframe(f, p, n, step);
	if (f->frame.framing == FRAMING_LENGTH && have > f->left)
		have = (size_t)f->left;
	if (have > n)
		have = n;
	memcpy(p, f->in + f->in_pos, have);
	f->in_pos += have;
	return have;
}

/* Has it had its share of this turn? A fast upstream leaves the others theirs: the loop says once more that there is
 * something to read. Of what lies in f->in it would not. */
static bool
had_its_turn(const struct fetch *f, uint64_t before)
{
	return f->got - before >= TURN_MAX && f->in_pos == f->in_n;
}

/* Reads from the connection: chunks through f->in, all else straight to where it stays. Returns bytes read into `p`. */
static size_t
take_fresh(struct fetch *f, char *p, size_t n, enum fetch_step *step)
{
	struct conn *c = upconn_conn(f->up);
	bool chunked = f->frame.framing == FRAMING_CHUNKED;
	ssize_t got;

	if (f->frame.framing == FRAMING_LENGTH && n > f->left)
		n = (size_t)f->left;
	if (n > TURN_MAX)
		n = TURN_MAX;
	if (chunked) {
		f->in_pos = f->in_n = 0;
		got = conn_read(c, f->in, f->in_cap);
	} else {
		got = conn_read(c, p, n);
	}
	if (got == -EAGAIN) {
		*step = FETCH_WAIT;
		return 0;
	}
	if (got <= 0) {
		f->eof = true;
		*step = got == 0 && f->frame.framing == FRAMING_CLOSE
				? FETCH_FINISH
				: broken(f, fetch_broken_off(f, PROXY_ERROR_HTTP_RESPONSE_INCOMPLETE));
		return 0;
	}
	if (!chunked)
		return (size_t)got;
	f->in_n = (size_t)got;
	return 0;
}

/* Readers make room, and where nobody waits none will come: this may be a refresh in the background, or a response that was
 * to be stored when the last one left. */
static enum fetch_step
hold_back(struct fetch *f)
{
	if (!f->pausing && flight_waiters(f->flight) == 0 && flight_abandon(f->flight)) {
		counter_add(COUNTER_ABANDONED, 1);
		return fetch_failed(f, PROXY_ERROR_PROXY_INTERNAL_ERROR);
	}
	f->held_back = true;
	return FETCH_WAIT;
}

enum fetch_step
fetch_body(struct fetch *f)
{
	struct conn *c = upconn_conn(f->up);
	enum fetch_step step = FETCH_BODY;
	uint64_t before = f->got;
	enum proxy_error failure;

	f->held_back = f->pausing = false; /* unless there is still no room: readers tell once that they went on */
	failure = upload_failure(upload_pump(f));
	if (failure != PROXY_ERROR_NONE)
		return fetch_failed(f, failure);
	while (step == FETCH_BODY) {
		size_t n = 0, came;
		bool held = false;
		char *p;

		if (f->frame.framing == FRAMING_LENGTH && f->left == 0) {
			step = FETCH_FINISH;
			break;
		}
		if (had_its_turn(f, before)) {
			step = FETCH_WAIT;
			break;
		}
		p = room(f, &n, &held);
		if (p == NULL) {
			step = held ? hold_back(f) : fetch_failed(f, PROXY_ERROR_PROXY_INTERNAL_ERROR);
			break;
		}
		came = f->in_pos < f->in_n ? take_buffered(f, p, n, &step) : take_fresh(f, p, n, &step);
		f->left -= f->frame.framing == FRAMING_LENGTH ? came : 0;
		publish(f, came);
	}
	if (f->got > before && step != FETCH_FINISH)
		flight_progress(f->flight);
	if (step == FETCH_WAIT) {
		conn_want(c, !f->held_back, f->upload_n > 0); /* each direction has a pace of its own */
		conn_timer(c, f->pausing ? PAUSE_MS : f->conf->timeouts.between);
	}
	return step;
}
