// nginx as what is best for files says to set it up: one process, open files kept, nothing logged.
import { writeFileSync } from 'node:fs';

/** nginx over the files of `folder`, with its own files in `work`. */
export function nginx(folder, work) {
  const file = `${work}/nginx.conf`;
  const configuration = (port) => `
    daemon off; master_process off; worker_processes 1;
    pid ${work}/nginx.pid; error_log ${work}/nginx-errors.log;
    events { worker_connections 1024; }
    http {
      access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
      open_file_cache max=2000; open_file_cache_valid 1h;
      types { application/json json; }
      server { listen 127.0.0.1:${port}; root ${folder}; location = /ready { return 200; } }
    }`;
  return {
    command: ['nginx', '-c', file],
    ready: { method: 'GET', path: '/ready', body: '' },
    environment: (port) => {
      writeFileSync(file, configuration(port));
      return {};
    },
  };
}
