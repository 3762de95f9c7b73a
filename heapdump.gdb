# Commands for gdb, for a process that it is attached to:
#
#   (gdb) source /path/to/heapdump/heapdump.gdb
#   (gdb) heapdump-dump /var/tmp/heap.json
#   (gdb) heapdump-count MyApp
#
# They let go of the process, have `heapdump` do it from outside, and attach to it again. So nothing is
# called in the middle of what a thread does; Ruby does it at its next safe point. It takes gdb 10.
#
# `heapdump` must be in the PATH of gdb, installed for the Ruby of the process. Another program can be
# named before gdb is started: HEAPDUMP="bundle exec heapdump" gdb -p PID

define heapdump-outside
  if $argc != 1
    echo heapdump: heapdump-outside is for the other commands\n
  else
    # The process id in three bytes, the only thing that a shell can hand to gdb without a file. An
    # exit status of its own tells nothing yet: $_shell_exitcode of all of them is used.
    pipe info inferiors | exit $(($(sed -n 's/^\*.*process \([0-9][0-9]*\) .*(native).*/\1/p') & 255))
    set $heapdump_pid = $_shell_exitcode
    pipe info inferiors | exit $(($(sed -n 's/^\*.*process \([0-9][0-9]*\) .*(native).*/\1/p') >> 8 & 255))
    set $heapdump_pid = $heapdump_pid + ($_shell_exitcode << 8)
    pipe info inferiors | exit $(($(sed -n 's/^\*.*process \([0-9][0-9]*\) .*(native).*/\1/p') >> 16))
    set $heapdump_pid = $heapdump_pid + ($_shell_exitcode << 16)
    if $heapdump_pid == 0
      echo heapdump: gdb is attached to no process of this machine; attach to one first\n
    else
      detach
      eval "shell ${HEAPDUMP:-heapdump} $arg0", $heapdump_pid
      eval "attach %d", $heapdump_pid
    end
  end
end
