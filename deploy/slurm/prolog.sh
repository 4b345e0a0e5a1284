#!/bin/sh
# Slurm Prolog: keeps a job off a node that Muster finds broken. It fails open: only prolog.mjs, having read a finding
# to drain for, makes it exit 1, because any non-zero exit drains the node and holds the job
# (slurm.schedmd.com/prolog_epilog.html). Everything else exits 0 with one line that says why.

# Slurm gives hooks no PATH.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

node=${MUSTER_NODE_BINARY:-/usr/bin/node}
hook=${MUSTER_PROLOG_HOOK:-/opt/muster/deploy/slurm/prolog.mjs}
kill_switch=${MUSTER_DISABLED_FILE:-/etc/muster/disabled}
MUSTER_DISABLED_FILE=$kill_switch
export MUSTER_DISABLED_FILE
MUSTER=${MUSTER:-/usr/local/bin/muster}
export MUSTER

# slurmd keeps the output of failed prologs only; the system log keeps the rest.
say() {
  printf '%s\n' "muster prolog: $*" >&2
  timeout -s KILL 0.3 logger -t muster-prolog -p daemon.warning -- "$*" >/dev/null 2>&1
}

if [ -e "$kill_switch" ]; then
  say "NOT CHECKED: $kill_switch is there; the job starts"
  exit 0
fi

# prolog.mjs keeps its own deadline; this one is for the day on which Node itself does not start. KILL, so that it holds.
line=$(timeout -s KILL 7.6 "$node" "$hook" 2>/dev/null </dev/null)
code=$?

# Node's own failures exit 1 as well, so the order to drain has a code of its own.
if [ "$code" -eq 10 ] && [ -n "$line" ]; then
  say "$line"
  exit 1
fi
if [ "$code" -ne 0 ]; then
  say "NOT CHECKED: $node $hook ended with $code; the job starts"
elif [ -n "$line" ]; then
  say "$line"
fi
exit 0
