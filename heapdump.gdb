# Commands for gdb, for a process that it is attached to:
#
#   (gdb) source /path/to/heapdump/heapdump.gdb
#   (gdb) heapdump-dump /var/tmp/heap.json
#   (gdb) heapdump-count MyApp
#
# They let go of the process, have `heapdump` do it from outside, and attach to it again. So nothing
# is called in the middle of what a thread does: Ruby does it at its next safe point. The names are
# for a shell; one with a space is put in single quotes, a percent sign is written twice.
#
# It takes gdb 10. `heapdump` must be in the PATH of gdb, and be that of the Ruby which the process
# runs. Another can be named before gdb is started: HEAPDUMP="bundle exec heapdump" gdb -p PID

# For calls by hand: one that does not come back (gdb calls malloc for a "text") can be ended by Ctrl-C,
# and the process goes on as if nothing had been called.
set unwindonsignal on

# The process id, byte by byte: the exit status of a shell is the only number that comes back without a
# file and without Python. 0 where gdb is not attached to a process of this machine.
define heapdump-pid
  set $heapdump_pid = 0
  pipe info inferiors | p=$(sed -n 's/^\*.*process \([0-9]*\) .*(native).*/\1/p'); exit $((${p:-0} & 255))
  set $heapdump_pid = $_shell_exitcode
  pipe info inferiors | p=$(sed -n 's/^\*.*process \([0-9]*\) .*(native).*/\1/p'); exit $((${p:-0} >> 8 & 255))
  set $heapdump_pid = $heapdump_pid + ($_shell_exitcode << 8)
  pipe info inferiors | p=$(sed -n 's/^\*.*process \([0-9]*\) .*(native).*/\1/p'); exit $((${p:-0} >> 16 & 255))
  set $heapdump_pid = $heapdump_pid + ($_shell_exitcode << 16)
  if $heapdump_pid == 0
    echo heapdump: gdb is attached to no process of this machine; attach to one first\n
  end
end
document heapdump-pid
Set $heapdump_pid to the process that gdb is attached to, for the other commands.
end

define heapdump-dump
  if $argc != 1 && $argc != 2
    echo heapdump: give the file for the dump: heapdump-dump FILE [STRINGS]\n
  else
    heapdump-pid
    if $heapdump_pid != 0
      detach
      if $argc == 1
        eval "shell ${HEAPDUMP:-heapdump} take %d --via gdb -o $arg0", $heapdump_pid
      else
        eval "shell ${HEAPDUMP:-heapdump} take %d --via gdb -o $arg0 --strings $arg1", $heapdump_pid
      end
      eval "attach %d", $heapdump_pid
    end
  end
end
document heapdump-dump
Dump the heap of the Ruby process that gdb is attached to: heapdump-dump FILE [STRINGS]
STRINGS is full, none, hash or a number of bytes: what is written of the contents of strings.
gdb lets go of it, and is attached to it again when the dump is written.
end

define heapdump-count
  if $argc > 1
    echo heapdump: give one namespace at most: heapdump-count [NAMESPACE]\n
  else
    heapdump-pid
    if $heapdump_pid != 0
      detach
      if $argc == 0
        eval "shell ${HEAPDUMP:-heapdump} count %d", $heapdump_pid
      else
        eval "shell ${HEAPDUMP:-heapdump} count %d $arg0", $heapdump_pid
      end
      eval "attach %d", $heapdump_pid
    end
  end
end
document heapdump-count
Count the objects of the Ruby process that gdb is attached to: heapdump-count [NAMESPACE]
gdb lets go of it, and is attached to it again when they are counted.
end
