#!/bin/sh
# Starts workerd so that Ctrl-C and a hang-up, which reach a terminal's whole process group, don't end it: the process
# that started it saves first, and then ends it. What is ignored here stays ignored after `exec`.
trap '' INT HUP
echo $$ > "$ROLLCALL_RUNTIME_PID"
exec "$ROLLCALL_WORKERD" "$@"
