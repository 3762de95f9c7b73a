# frozen_string_literal: true

require "test_helper"
require "support/shippable"

# What can be secret in an address is in no message, also if the address is wrong.
class TestShipSecrets < HeapDumpTest
  include Shippable

  def assert_refused(message, address)
    error = assert_raises(HeapDump::Error, address) { HeapDump::Ship.sink(address) }
    assert_match message, error.message
    refute_includes error.message, "topsecret"
  end

  # --to env:$HEAPDUMP_TO, which the shell has replaced.
  def test_a_value_in_place_of_a_name
    assert_refused(/name of a variable/, "env:https://x/?X-Amz-Signature=topsecret")
    assert_refused(/name of a variable/, "env:")
  end

  def test_what_a_command_sets
    dump("a.json")
    ["TOKEN=topsecret false", "TOKEN='a topsecret' false"].each do |command|
      told = ship(HeapDump::Ship.sink("exec:#{command}"), pauses: [], &:retry_failed)
      assert_equal "exec:: exit status 1", told.failures.first[1]
    end
  end

  # The shell would repeat the whole line.
  def test_a_command_that_is_not_understood
    ["curl -u topsecret | | cat", "echo 'topsecret", "(topsecret"].each do |command|
      assert_refused(/does not understand/, "exec:#{command}")
    end
  end
end
