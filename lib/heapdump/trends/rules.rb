# frozen_string_literal: true

module HeapDump
  class Trends
    # All limits by which lines are judged. docs/trends.md explains them.
    module Rules # :nodoc:
      # --- How much is needed

      # With fewer dumps than this there is no verdict.
      DUMPS = 4
      # The same if less time than this went by from the first dump to the last, in hours: a second.
      # Times of dumps have milliseconds, and a full GC and a dump take some tenths of a second, so
      # within a second hardly anything but the dumps has happened, and each error of a pace is
      # multiplied by more than 3,600.
      SPAN = 1 / 3600.0
      # If it was less than this, in hours, the verdict comes with a warning: a minute.
      SOON = 1 / 60.0
      # With fewer dumps than this, what rises in every step may still be chance: it is a leak only
      # if it rises as evenly as a line does.
      FEW_DUMPS = 8

      # Growth by less than this is never a leak, and a line that moves by less is static: in
      # objects, and in bytes.
      OBJECTS = 10
      BYTES = 64 << 10
      # The same for parts of the process, in bytes, and as a part of its first size.
      PROCESS_BYTES = 1 << 20
      PROCESS_PART = 0.01
      # Static is also what stays between 1 % below and 1 % above the same number.
      STATIC = 0.02

      # Dumps are missing where the time between two is more than so many times the usual one.
      HOLE = 3
      # That time did not go by, or the process stood still, if it allocated less than this part of
      # what it usually does in as much time; and if nobody counted that, if it is so many times the
      # usual one.
      IDLE = 0.1
      HOLE_UNCOUNTED = 1_000

      # --- How improbable chance must be

      # Chance findings in a series, if all its lines went up and down by chance: each line is
      # tested at this level divided by the number of lines that moved (at least LINES).
      LEVEL = 0.01
      LINES = 100
      # The level for a number that goes up and down from where it was, as the size of a pool does
      # (a random walk). Few lines are of that kind, so this level is the same for all.
      WALK = 0.001
      # Numbers that are independent of each other have steps with a correlation of -0.5 from one to
      # the next, and a random walk has 0. This is the limit between them.
      RETURNS = -0.2
      # What rises beside noise needs so many dumps, and a level that is this part of the usual one.
      NOISE_DUMPS = 16
      NOISE_LEVEL = 0.1
      # The same for growth in bursts: so probable it may be that all bursts go up by chance, and so
      # many of them are needed, with so many times the least growth.
      BURSTS_WALK = 0.01
      BURSTS = 7
      BURSTS_GROWTH = 3
      # Chance as a reason for growth that slows down, stops, or goes up and down.
      ROSE = 0.01

      # --- What a leak looks like

      # It grows in this part of the steps (else it grows in bursts, or beside noise).
      STEPS = 0.8
      # All falls together are at most this part of its growth, else it goes up and down.
      FALLS = 0.1
      # The low boundary: the smallest number of the last third of the dumps is greater than that of
      # the first third by at least this part of the growth.
      LOW = 0.3
      # It is flat before it begins to grow: it stays within this part of all its growth.
      FLAT = 0.05

      # --- What fills up

      # The pace of the second half as a part of that of the first half, below which growth slows
      # down. For growth in bursts the difference must be no chance, either, or MUCH_SLOWER.
      SLOWER = 0.5
      MUCH_SLOWER = 0.25
      SLOWER_BURSTS = 0.02
      # The same if its pace falls from quarter to quarter, and it lies on the curve of what fills
      # up much better than on a line.
      CURVED = 0.8
      CURVED_FIT = 0.25
      # A step by less than this part of an average one is no growth.
      REST = 0.1
      # So probable it is, for growth that goes on, that it stands still at the end for so long.
      STOPPED = 0.011
      # After a warm-up, a leak may go on: with so many dumps after it, and if a line with one bend
      # fits so much better than a curve.
      AFTER = 6
      BENT_FIT = 0.5
      # An end is told if it is at most so many times as far away as it has grown.
      FAR = 3
    end
    private_constant :Rules
  end
end
