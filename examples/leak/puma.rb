# frozen_string_literal: true

# Two workers, on a free port that only this machine can reach. USR2 dumps the heap of a worker, to
# the directory that HEAPDUMP_DIR names; whole and plain, to be read with grep.
bind "tcp://127.0.0.1:0"
environment "production"
threads 4, 4
workers 2
plugin "heapdump"
heapdump strings: :full, compress: false
