# frozen_string_literal: true

require_relative "version"
require_relative "errors"
require_relative "terminal"

module HeapDump
  # Brings dumps from a directory to a place from which they can be fetched when the machine is
  # gone. `heapdump ship` does so in a process of its own; an application loads nothing of this.
  #
  #   sink = HeapDump::Ship.sink("/mnt/dumps")
  #   sink.call("/var/tmp/heap.json.zst", { "name" => "heap.json.zst" })
  #   # => "/mnt/dumps/heap.json.zst"
  #
  # A *sink* is anything with <tt>call(file, facts)</tt> that returns where the file is now (String)
  # and raises if it is not there. +facts+ is a Hash: "name" (what the file shall be called there;
  # it may have a directory), "bytes", "sha256", and for a dump what its manifest says.
  module Ship
    autoload :Address, "#{__dir__}/ship/address"
    autoload :Command, "#{__dir__}/ship/command"
    autoload :Delivery, "#{__dir__}/ship/delivery"
    autoload :Dumps, "#{__dir__}/ship/dumps"
    autoload :Folder, "#{__dir__}/ship/folder"
    autoload :Https, "#{__dir__}/ship/https"
    autoload :Keep, "#{__dir__}/ship/keep"
    autoload :Lock, "#{__dir__}/ship/lock"
    autoload :Manifest, "#{__dir__}/ship/manifest"
    autoload :Marks, "#{__dir__}/ship/marks"
    autoload :PlainHTTP, "#{__dir__}/ship/plain_http"
    autoload :Rails, "#{__dir__}/ship/rails"
    autoload :Run, "#{__dir__}/ship/run"
    autoload :S3, "#{__dir__}/ship/s3"
    autoload :S3Address, "#{__dir__}/ship/s3_address"
    autoload :S3Client, "#{__dir__}/ship/s3_client"
    autoload :Sink, "#{__dir__}/ship/sink"
    autoload :Source, "#{__dir__}/ship/source"
    autoload :Status, "#{__dir__}/ship/status"
    autoload :Tries, "#{__dir__}/ship/tries"
    autoload :Unfinished, "#{__dir__}/ship/unfinished"
    autoload :Wholeness, "#{__dir__}/ship/wholeness"

    # Makes a sink of an address (String):
    #
    # <tt>/dir</tt>, <tt>file:/dir</tt>:: a directory, as of a network file system
    # <tt>s3://bucket/prefix</tt>:: S3 or a store that speaks its language, by the gem aws-sdk-s3;
    #   parameters: <tt>?region=&endpoint=&sse=&kms_key=</tt>
    # <tt>https://host/dir/</tt>:: a PUT for each file, below this address or in place of
    #   <tt>%{name}</tt>; any other address is that of one object, as a signed one is
    # <tt>exec:COMMAND</tt>:: a command of the shell, with the file as its standard input and its
    #   name in place of <tt>%{name}</tt>, or with any name in <tt>"$HEAPDUMP_NAME"</tt>
    # <tt>rails:SERVICE/prefix</tt>:: a service of Active Storage, as config/storage.yml names it
    # <tt>env:NAME</tt>:: the address is in this variable of the environment
    #
    # timeout::    seconds without progress after which a try has failed (default 60); a command or
    #              a PUT has failed after an hour anyway
    # plain_http:: whether addresses with http:// may be of other machines than this one
    #
    # Raises HeapDump::Error for an address that is wrong, or has a password in it, and if the gem
    # that it needs is missing.
    #
    #   HeapDump::Ship.sink("exec:age -r age1… -o /mnt/%{name}.age").to_s # => "exec:age"
    def self.sink(address, timeout: 60, plain_http: false)
      Address.sink(address, timeout: timeout, plain_http: plain_http)
    end
  end
end
