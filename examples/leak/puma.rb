# frozen_string_literal: true

# One process with a few threads, on a free port that only this machine can reach.
bind "tcp://127.0.0.1:0"
environment "production"
threads 2, 4
workers 0
