/* A node that runs: configuration, ports, privileges, workers, signals, and the end. What `cairn serve` is. */
#ifndef CAIRN_OPS_SERVER_H
#define CAIRN_OPS_SERVER_H

#include "ops/settings.h"

/* Runs until told to stop. Returns the process's exit status: 0 after a drain, 1 where it could not start or go on, 2
 * where the configuration is wrong. */
int server_run(const struct settings_flags *flags);

#endif
