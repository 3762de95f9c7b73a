# frozen_string_literal: true

require "support/browser"

module UiBench
  # How soon each screen is there in Chromium, and what the browser needs for it.
  class InBrowser
    SCREENS = %w[overview holders classes objects strings threads pages].freeze
    # Nothing is asked any more, and something is shown.
    SHOWN = "!document.querySelector('.waiting') && !!document.querySelector('main h1')"
    # What there is to look at first: a sentence or a picture.
    PICTURE = "!!document.querySelector('main .lead, main .verdict, main canvas, main table')"
    private_constant :SHOWN, :PICTURE

    def initialize(server, dump)
      @server = server
      @dump = dump
    end

    def run
      return puts("browser SKIPPED: #{Browser.missing}") if Browser.missing

      puts "screen in Chromium   first picture   all there   (milliseconds)"
      Browser.open { |browser| look(browser) }
    end

    private

    def look(browser)
      begun = UiBench.now
      browser.open_page(@server.url)
      tell("start", begun, browser)
      SCREENS.each do |screen|
        begun = UiBench.now
        browser.evaluate("location.hash = '#/#{@dump}/#{screen}'")
        tell(screen, begun, browser)
      end
      heap = browser.command("Runtime.getHeapUsage")["usedSize"]
      printf("JavaScript heap %.1f MB, the page's process %.0f MB that no other one has\n",
             heap / 1e6, renderer / 1e6)
    end

    # The private memory of the largest process that shows pages, in bytes.
    def renderer
      pids = Dir["/proc/[0-9]*/cmdline"].select do |path|
        File.read(path).include?("--type=renderer")
      rescue SystemCallError
        false
      end
      pids.map { |path| private_bytes(File.dirname(path)) }.max || 0
    end

    def private_bytes(directory)
      File.read("#{directory}/smaps_rollup").scan(/^Private_\w+:\s+(\d+)/).sum do |kb,|
        kb.to_i
      end * 1024
    rescue SystemCallError
      0
    end

    def tell(name, begun, browser)
      picture, whole = [PICTURE, SHOWN].map do |condition|
        sleep 0.005 until browser.evaluate(condition)
        (UiBench.now - begun) * 1000
      end
      printf("%-20s %13.0f %11.0f\n", name, picture, whole)
    end
  end
end
