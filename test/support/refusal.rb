# frozen_string_literal: true

require "rbconfig"

# Makes the kernel refuse a system call to this process and its children, as a sandbox, an emulator
# or an old kernel does. There is no way back.
module Refusal
  NUMBERS = {
    "x86_64" => { prctl: 157, close: 3, close_range: 436, clone: 56, process_vm_readv: 310 },
    "aarch64" => { prctl: 167, close: 57, close_range: 436, clone: 220, process_vm_readv: 270 }
  }.freeze
  OWN = NUMBERS[RbConfig::CONFIG["host_cpu"]]

  # Instructions of the filter, and where its data (struct seccomp_data) has what is looked at.
  LOAD = 0x20
  JUMP_IF_EQUAL = 0x15
  JUMP_IF_SET = 0x45
  JUMP_IF_AT_LEAST = 0x35
  RETURN = 0x06
  NUMBER = 0
  FIRST_ARGUMENT = 16
  ALLOW = 0x7fff0000
  FAIL = 0x00050000
  KILL = 0x80000000

  # Arguments of prctl, and flags of clone.
  NO_NEW_PRIVILEGES = 38
  SET_SECCOMP = 22
  FILTER = 2
  THREAD = 0x10000
  SIGNAL = 0xff

  module_function

  # Why nothing can be refused here; nil where it can.
  def unable
    return "not on Linux" unless RUBY_PLATFORM.include?("linux")
    return "no numbers of system calls for this processor" unless OWN

    "no filter of system calls here" unless File.exist?("/proc/sys/kernel/seccomp/actions_avail")
  end

  def of(name, error = Errno::ENOSYS)
    install([LOAD, 0, 0, NUMBER], [JUMP_IF_EQUAL, 0, 1, OWN.fetch(name)],
            [RETURN, 0, 0, FAIL | error::Errno], [RETURN, 0, 0, ALLOW])
  end

  # That of a child whose end sends no signal, as qemu-user does; threads may still be made.
  def of_silent_children
    install([LOAD, 0, 0, NUMBER], [JUMP_IF_EQUAL, 0, 4, OWN.fetch(:clone)],
            [LOAD, 0, 0, FIRST_ARGUMENT], [JUMP_IF_SET, 2, 0, THREAD], [JUMP_IF_SET, 1, 0, SIGNAL],
            [RETURN, 0, 0, FAIL | Errno::EINVAL::Errno], [RETURN, 0, 0, ALLOW])
  end

  # Ends a process that closes a descriptor from that number on, none of which is open: whoever
  # does tries all that there may be.
  def of_closing_from(number)
    install([LOAD, 0, 0, NUMBER], [JUMP_IF_EQUAL, 0, 3, OWN.fetch(:close)],
            [LOAD, 0, 0, FIRST_ARGUMENT], [JUMP_IF_AT_LEAST, 0, 1, number],
            [RETURN, 0, 0, KILL], [RETURN, 0, 0, ALLOW])
  end

  def install(*instructions)
    program = instructions.map { |instruction| instruction.pack("SCCL") }.join
    filter = [instructions.size, program].pack("Sx6p")
    verbose = $VERBOSE
    $VERBOSE = nil # there is no other way without a library
    syscall(OWN.fetch(:prctl), NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    address = [filter].pack("p").unpack1("J") # as a String it would have to end at its first NUL
    syscall(OWN.fetch(:prctl), SET_SECCOMP, FILTER, address)
  ensure
    $VERBOSE = verbose
  end
end
