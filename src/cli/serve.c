/* `cairn serve`: runs a cache node. */
#include "cli/commands.h"
#include "cli/options.h"
#include "ops/server.h"

int
cli_serve(int argc, char **argv)
{
	struct settings_flags flags = { 0 };
	int at = options_end(options_settings(argc, argv, &flags), argc, argv);

	return at < 0 ? options_exit(at) : server_run(&flags);
}
