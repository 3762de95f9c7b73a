# frozen_string_literal: true

require "google/protobuf"
require "google/protobuf/descriptor_pb"

# The messages of a profile of pprof (github.com/google/pprof, proto/profile.proto), for a decoder
# that is not ours.
module PprofSchema
  # The fields of each message: name => [number, type, whether there may be several].
  MESSAGES = {
    "ValueType" => { type: [1, :int64], unit: [2, :int64] },
    "Label" => { key: [1, :int64], str: [2, :int64], num: [3, :int64], num_unit: [4, :int64] },
    "Sample" => { location_id: [1, :uint64, true], value: [2, :int64, true],
                  label: [3, "Label", true] },
    "Line" => { function_id: [1, :uint64], line: [2, :int64] },
    "Location" => { id: [1, :uint64], mapping_id: [2, :uint64], address: [3, :uint64],
                    line: [4, "Line", true], is_folded: [5, :bool] },
    "Function" => { id: [1, :uint64], name: [2, :int64], system_name: [3, :int64],
                    filename: [4, :int64], start_line: [5, :int64] },
    "Profile" => { sample_type: [1, "ValueType", true], sample: [2, "Sample", true],
                   location: [4, "Location", true], function: [5, "Function", true],
                   string_table: [6, :string, true], drop_frames: [7, :int64],
                   keep_frames: [8, :int64], time_nanos: [9, :int64], duration_nanos: [10, :int64],
                   period_type: [11, "ValueType"], period: [12, :int64],
                   comment: [13, :int64, true], default_sample_type: [14, :int64] }
  }.freeze

  class << self
    # The profile of these bytes. Raises Google::Protobuf::ParseError.
    def decode(bytes)
      profile.decode(bytes)
    end

    private

    def profile
      @profile ||= begin
        @pool = Google::Protobuf::DescriptorPool.new
        @pool.add_serialized_file(file.to_proto)
        @classes = MESSAGES.keys.map { |name| @pool.lookup("pprof.#{name}").msgclass }
        @pool.lookup("pprof.Profile").msgclass
      end
    end

    def file
      Google::Protobuf::FileDescriptorProto.new(
        name: "profile.proto", package: "pprof", syntax: "proto3",
        message_type: MESSAGES.map { |name, fields| message(name, fields) }
      )
    end

    def message(name, fields)
      list = fields.map { |field, (number, type, several)| field(field, number, type, several) }
      Google::Protobuf::DescriptorProto.new(name: name, field: list)
    end

    def field(name, number, type, several)
      kind = type.is_a?(String) ? :TYPE_MESSAGE : :"TYPE_#{type.upcase}"
      options = { name: name.to_s, number: number, type: kind,
                  label: several ? :LABEL_REPEATED : :LABEL_OPTIONAL }
      options[:type_name] = ".pprof.#{type}" if type.is_a?(String)
      Google::Protobuf::FieldDescriptorProto.new(**options)
    end
  end
end
