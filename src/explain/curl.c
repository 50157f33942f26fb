#include <dlfcn.h>

#include "explain/curl_impl.h"

#define LIBRARY "libcurl.so.4"

struct curl_calls curl;

static void *library;

/* Each by its name, in the order of the struct, which is nothing but pointers to functions. */
static bool
find_calls(void)
{
	static const char *const names[] = {
#define CURL_CALL(name) "curl_" #name,
		CURL_CALLS(CURL_CALL)
#undef CURL_CALL
	};
	void *found[sizeof names / sizeof *names];

	_Static_assert(sizeof found == sizeof curl, "a pointer for each name");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if ((found[i] = dlsym(library, names[i])) == NULL)
			return false;
	__builtin_memcpy(&curl, found, sizeof curl);
	return true;
}

bool
curl_load(const char **why)
{
	*why = NULL;
	if (library != NULL)
		return true;
	library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (library != NULL && find_calls() && curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		return true;
	*why = dlerror();
	if (*why == NULL)
		*why = LIBRARY " cannot be started";
	if (library != NULL)
		dlclose(library);
	library = NULL;
	return false;
}
