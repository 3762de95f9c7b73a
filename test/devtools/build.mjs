// Makes one file of the part of Chrome DevTools that reads heap snapshots in its worker.
import {build} from 'esbuild';

// A list that Chrome's own build makes: languages, of which this needs none.
const locales = {
  name: 'locales',
  setup(build) {
    build.onResolve({filter: /\/locales\.js$/}, () => ({path: 'locales', namespace: 'stub'}));
    build.onLoad({filter: /.*/, namespace: 'stub'}, () => ({
      contents: 'export const LOCALES = ["en-US"], BUNDLED_LOCALES = ["en-US"], ' +
                'DEFAULT_LOCALE = "en-US", REMOTE_FETCH_PATTERN = "", LOCAL_FETCH_PATTERN = "";',
    }));
  },
};

await build({
  entryPoints: ['node_modules/chrome-devtools-frontend/front_end/entrypoints/' +
                'heap_snapshot_worker/heap_snapshot_worker.ts'],
  bundle: true,
  platform: 'node',
  format: 'esm',
  outfile: 'worker.mjs',
  plugins: [locales],
  logLevel: 'error',
});
