# frozen_string_literal: true

require_relative "../snapshot"

module HeapDump
  module CLI
    # Objects, paths and strings of a dump, for the JSON output of the commands that read it.
    module InJSON
      Describe = Snapshot::Describe

      private

      # A node for JSON. What is not known of it is left out.
      def node_json(node)
        { address: node.address && node.to_s, type: node.type, class: node.class_name,
          name: node.name, kind: node.kind, bytes: node.memsize,
          shares: Snapshot::Shared.of(node)&.to_h, words: Describe.node(node) }.compact
      end

      # The content of a string for JSON: in Base64 if it is no text.
      def content_json(value)
        return { value: nil } if value.nil?
        return { value: value } if value.encoding == Encoding::UTF_8 && value.valid_encoding?

        { value_base64: [value].pack("m0") }
      end

      # Equal strings (Snapshot::Duplicate), for JSON.
      def duplicate_json(one)
        owners = one.owners.map { |owner, number| { owner: owner, count: number } }
        locations = one.locations.map { |place, number| { location: place, count: number } }
        content_json(one.value).merge(
          copies: one.copies, bytes: one.bytes, wasted: one.wasted, example: one.example.to_s,
          sampled: one.sampled, owners: owners, locations: locations
        )
      end

      # Procs of one place (Snapshot::ProcPlace), for JSON.
      def proc_place_json(one)
        { **one.to_h, example: one.example.to_s,
                      owners: one.owners.map { |owner, number| { owner: owner, count: number } } }
      end

      def path_json(path)
        { rank: path.rank.to_s, root: path.root.kind, holder: node_json(path.holder),
          path: path.hops.map { |hop| hop_json(hop) }, left_out: path.left_out,
          signature: path.signature,
          text: path.to_s }
      end

      def hop_json(hop)
        { edge: hop.words, location: hop.place, **node_json(hop.node) }.compact
      end
    end
  end
end
