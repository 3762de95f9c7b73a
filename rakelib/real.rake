# frozen_string_literal: true

# Real programs, dumped while they work and read as their owner would:
#
#   rake real                  all of them, with what they are (Rails, Sidekiq, irb, rubocop)
#   ONLY=rails rake real       one
#   JOBS=500 rake real         so many requests or jobs before the first dump (default 10000)
#
# Needs gems of its own, which it installs, and Debian's postgresql and redis-server. What the
# commands answered is left in tmp/real/PROGRAM.
desc "Dump real programs, check the laws in them, and ask every command about them"
task real: :compile do
  directory = File.expand_path("tmp/bundle/#{RUBY_VERSION}-#{RUBY_PLATFORM}")
  gemfile = "#{directory}/real/Gemfile"
  mkdir_p(File.dirname(gemfile), verbose: false)
  File.write(gemfile, %(eval_gemfile "../../../../test/real/Gemfile"\n))
  environment = { "BUNDLE_PATH" => "#{directory}/gems", "BUNDLE_GEMFILE" => gemfile,
                  "RUBYOPT" => nil, "RUBYLIB" => nil }
  bundle = [RbConfig.ruby, "-S", "bundle"]
  unless system(environment, *bundle, "check", %i[out err] => File::NULL)
    sh(environment, *bundle, "install", "--quiet", verbose: false)
  end
  sh(environment, *bundle, "exec", RbConfig.ruby, "test/real/run.rb", verbose: false)
end
