# frozen_string_literal: true

# Loaded into a program that ends by itself, to keep it there until it has been looked at.
$stdout.sync = true
at_exit { Inside.stay }
