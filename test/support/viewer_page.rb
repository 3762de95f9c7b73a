# frozen_string_literal: true

require "heapdump/web"
require_relative "browser"

# The page of `heapdump ui` in a browser, over the real server.
class ViewerPage
  PATIENCE = 20 # seconds

  # Yields a ViewerPage about dumps, opened at its first screen, and about the +store+ of a fleet if
  # there is one. +options+ are those of Browser.
  def self.open(*paths, store: nil, **options)
    server = HeapDump::Web::Server.new(paths, index: false, store: store).start
    server.web.dumps.open_all if paths.any?
    Browser.open(**options) { |browser| yield new(server, browser) }
  ensure
    server&.stop
  end

  # What axe-core says against a page: its rules with the elements that break them.
  AXE = <<~JS
    (async () => {
      const found = await axe.run(document, { resultTypes: ["violations"] });
      return found.violations.map(
        (rule) => `${rule.id}: ${rule.nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
    })()
  JS
  private_constant :AXE

  attr_reader :browser, :server

  def initialize(server, browser)
    @server = server
    @browser = browser
    browser.open_page(server.url)
    settle
  end

  # The ids of the dumps, in their order (Array of String).
  def ids
    @ids ||= server.web.dumps.all.map(&:id)
  end

  # Goes to a place of a dump, the last one if none is named, and waits for all answers.
  def go(place, dump: ids.last)
    evaluate("location.hash = #{"#/#{dump}/#{place}".to_json}")
    settle
  end

  # Opens the page again, as in a tab that has no token.
  def forget_token
    evaluate("sessionStorage.clear()")
    browser.open_page(server.url.sub(/#.*/, ""))
    settle
  end

  # Waits until nothing is asked any more.
  def settle
    deadline = now + PATIENCE
    sleep 0.05
    until evaluate(QUIET)
      raise "still waiting: #{troubles}" if now > deadline

      sleep 0.02
    end
  end

  # An element is there that is no sign of waiting, the browser has drawn it, and no answer is still
  # to come.
  QUIET = "!document.querySelector('.waiting') && !!document.querySelector('#page > *') && " \
          "document.querySelector('#page').dataset.asking === 'false'"
  private_constant :QUIET

  def evaluate(script)
    browser.evaluate(script)
  end

  # All text that is on the page.
  def text
    evaluate("document.body.innerText")
  end

  # The text of each element that a selector finds.
  def texts(selector)
    evaluate("[...document.querySelectorAll(#{selector.to_json})].map((one) => one.innerText)")
  end

  # Clicks an element by its text, as a user does.
  def click(selector, text)
    found = evaluate(<<~JS)
      (() => {
        const all = [...document.querySelectorAll(#{selector.to_json})];
        const one = all.find((each) => each.innerText.includes(#{text.to_json}));
        if (one) one.click();
        return !!one;
      })()
    JS
    raise "no #{selector} says #{text.inspect}: #{texts(selector).first(20)}" unless found

    settle
  end

  def hash
    evaluate("location.hash")
  end

  # What cannot be used by everybody (Array of String).
  def violations
    @axe ||= File.read(File.join(Gem.loaded_specs.fetch("axe-core-api").full_gem_path,
                                 "node_modules/axe-core/axe.min.js"))
    browser.await("window.axe ? 0 : (() => { #{@axe}; return 0; })()")
    browser.await(AXE)
  end

  # How much wider the page is than the window, in pixels.
  def overhang
    evaluate("document.documentElement.scrollWidth - innerWidth")
  end

  private

  # What may tell why a page waits for ever: what it shows, what the browser complains of, and where
  # the threads of the server are, which run in this process.
  def troubles
    threads = Thread.list.map { |thread| [thread.inspect, *thread.backtrace&.first(12)] }
    [text[0, 500], evaluate("document.readyState"), *browser.complaints, *browser.unanswered,
     *threads].join("\n")
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
end
