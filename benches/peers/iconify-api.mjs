// The Iconify API with its own settings, fed from @iconify/json.   HOST=127.0.0.1 PORT=… CACHE_ROOT_DIR=… node iconify-api.mjs
import { createPackageIconSetImporter } from '@iconify/api/lib/config/importers/full-local-package.js';
import { loaded } from '@iconify/api/lib/data/loading.js';
import { startHTTPServer } from '@iconify/api/lib/http/index.js';
import { initAPI } from '@iconify/api/lib/init.js';
import { loadEnvConfig } from '@iconify/api/lib/misc/load-config.js';

loadEnvConfig();
// From the package in node_modules alone: nothing is fetched.
await initAPI({ importers: [createPackageIconSetImporter('@iconify/json', false, false)] });
loaded();
startHTTPServer();
