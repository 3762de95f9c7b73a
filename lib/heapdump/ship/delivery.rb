# frozen_string_literal: true

module HeapDump
  module Ship
    # Brings one dump to a sink, and its manifest after it: where a manifest is, its dump is whole.
    # Whatever ends this process between two steps, the next one begins anew and finds what is there
    # already.
    class Delivery # :nodoc:
      # +delete+: remove a dump that has arrived.
      def initialize(sink, dumps, delete: false)
        @sink = sink
        @dumps = dumps
        @delete = delete
      end

      # The place where the dump is now (Hash). Raises whatever the sink raises, Manifest::Changed,
      # and SystemCallError, as if somebody has removed the dump or it cannot be removed.
      def call(dump)
        manifest = Manifest.complete(dump.path, dump.stat, @dumps.wholeness(dump))
        name, receipt = bring_dump(dump, manifest)
        raise Manifest::Changed, "it has changed while it was sent" unless dump.same?

        bring_manifest(dump, name, manifest["sha256"]) unless one_object?
        place = { "address" => receipt.address, "etag" => receipt.etag,
                  "sha256" => manifest["sha256"] }.compact
        arrived(dump, place)
        place
      end

      private

      # The name in the store, and the receipt. A name may be taken because a process was killed
      # after it had brought this dump there. If that may not be looked at, the dump goes there once
      # more: better twice than not at all.
      def bring_dump(dump, facts)
        [dump.name, bring(dump.path, facts.merge("name" => dump.name))]
      rescue Sink::Hidden
        raise if one_object?

        name = another_name(dump.name)
        [name, bring(dump.path, facts.merge("name" => name))]
      end

      # Each time another one: only the store itself says that a dump has arrived.
      def another_name(name)
        folder, file = File.split(name)
        file = "again-#{Time.now.utc.strftime("%Y%m%dT%H%M%S.%LZ")}-#{file}"
        folder == "." ? file : File.join(folder, file)
      end

      def bring(file, facts)
        return @sink.deliver(file, facts) if @sink.respond_to?(:deliver)

        Sink::Receipt.new(@sink.call(file, facts))
      end

      # A watch may have written it anew while the dump was sent. On a full disk there may be none.
      # One that is there already is that of this dump, which has been compared: it says the same in
      # other words.
      def bring_manifest(dump, name, sha256)
        Manifest.complete(dump.path, dump.stat, @dumps.wholeness(dump), sha256: sha256)
        file = dump.path + Manifest::ENDING
        bring(file, { "name" => name + Manifest::ENDING }) if File.exist?(file)
      rescue Sink::Conflict
        nil
      end

      def one_object?
        @sink.respond_to?(:one_object?) && @sink.one_object?
      end

      def arrived(dump, place)
        return Keep.remove(dump) if @delete

        Marks.write(dump.path, Marks::SHIPPED, dump.stat, place)
        Marks.remove(dump.path, Marks::FAILED)
      rescue SystemCallError => e
        what = @delete ? "removed" : "marked as shipped"
        raise Error, "it is at #{place["address"]}, but cannot be #{what} here: " \
                     "#{Terminal::Trouble.sentence(e)}"
      end
    end
  end
end
