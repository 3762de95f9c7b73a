# frozen_string_literal: true

require "test_helper"
require "support/shippable"

# What a store gets of a file that changes while it is sent.
class TestShipSource < HeapDumpTest
  include Shippable

  Source = HeapDump::Ship::Source
  Changed = HeapDump::Ship::Manifest::Changed
  SIZES = [0, 1, 2, 999, 1000, 1001, 70_000].freeze

  def file(bytes)
    File.join(from, "a").tap { |path| File.binwrite(path, bytes) }
  end

  def pieces(source, length)
    all = []
    while (piece = source.read(length))
      all << piece
    end
    all
  end

  def test_all_of_it
    SIZES.product([1000, 1 << 20]).each do |size, length|
      bytes = Random.bytes(size)
      path = file(bytes)
      Source.open(path, sha256(path)) do |source|
        assert_equal size, source.size
        assert_equal bytes.bytes.each_slice(length).map { |piece| piece.pack("C*") },
                     pieces(source, length)
        assert_nil source.read(length)
        assert_equal "", source.read
      end
      assert_equal(bytes, Source.open(path, sha256(path), &:read))
    end
  end

  # The memory of the caller is used again.
  def test_into_a_buffer
    path = file("abcde")
    Source.open(path, nil) do |source|
      buffer = +"x"
      assert_same buffer, source.read(3, buffer)
      assert_equal "abc", buffer
      source.read(3, buffer)
      assert_equal "de", buffer
      assert_nil source.read(3, buffer)
      assert_equal "", buffer
    end
  end

  # Nobody gets the last bytes of a file that is not the one that it should be.
  def test_another_digest
    SIZES.drop(1).each do |size|
      path = file(Random.bytes(size))
      got = 0
      error = assert_raises(Changed) do
        Source.open(path, "0" * 64) do |source|
          while (piece = source.read(1000))
            got += piece.bytesize
          end
        end
      end
      assert_operator got, :<, size
      assert_match(/a\.manifest\.json/, error.message)
    end
  end

  def test_it_grows
    path = file("abc")
    Source.open(path, sha256(path)) do |source|
      File.write(path, "def", mode: "a")
      assert_equal "abc", source.read
      assert_nil source.read(1)
    end
  end

  def test_it_becomes_shorter
    path = file("a" * 100_000)
    Source.open(path, nil) do |source|
      source.read(10)
      File.truncate(path, 5)
      assert_raises(Changed) { pieces(source, 50_000) }
    end
  end

  def test_it_is_replaced
    path = file("abc")
    Source.open(path, sha256(path)) do |source|
      File.rename(path, "#{path}.old")
      File.write(path, "def")
      assert_equal "abc", source.read
    end
  end

  def test_no_links
    File.symlink(file("abc"), "#{from}/link")
    assert_raises(Errno::ELOOP) { Source.open("#{from}/link", nil) { flunk } }
  end
end
