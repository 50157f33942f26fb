/* libcurl, taken in when a URL is asked for and not before: linked, it would bring every node that serves some thirty
 * libraries and four megabytes that it has no use for.
 *
 * `curl.easy_init()` is curl_easy_init(), and so on, once curl_load has returned true.
 */
#ifndef CAIRN_EXPLAIN_CURL_IMPL_H
#define CAIRN_EXPLAIN_CURL_IMPL_H

#include <curl/curl.h>
#include <stdbool.h>

#define CURL_CALLS(CALL)                                                                                                         \
	CALL(global_init) CALL(free) CALL(slist_append) CALL(slist_free_all)                                                     \
	CALL(easy_init) CALL(easy_cleanup) CALL(easy_setopt) CALL(easy_getinfo) CALL(easy_perform) CALL(easy_strerror)           \
	CALL(url) CALL(url_dup) CALL(url_cleanup) CALL(url_get) CALL(url_set) CALL(url_strerror)

struct curl_calls {
#define CURL_CALL(name) __typeof__(curl_##name) *name;
	CURL_CALLS(CURL_CALL)
#undef CURL_CALL
};

extern struct curl_calls curl;

/* False where there is no libcurl, or one that is too old; *why then says so. thread: the main one. */
bool curl_load(const char **why);

#endif
