#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# In the guest: the server, the load, the command; ends as it does. What is left is ended with the machine.
. /add/real.sh

thp "$MODE"
# Shared memory that is mapped while this is "never" is not aligned, and nothing can become huge of it.
echo advise >$THP/shmem_enabled
mount_disk
start_server "$SERVER"
start_load "$LOAD"
export SERVER SERVER_PID LOAD LOAD_PID
sh /add/real-command
