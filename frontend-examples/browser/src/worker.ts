// The service worker: keeps the page and its files, so that it opens where there is no network. What the API answers is
// kept by the page itself (`answers.ts`), and passes through here untouched.

declare const BUILD_FILES: string[]
declare const BUILD_VERSION: string

const worker = self as unknown as ServiceWorkerGlobalScope
const shell = `iconql-shell-${BUILD_VERSION}`

worker.addEventListener('install', (event) => {
  event.waitUntil(keepShell())
})

worker.addEventListener('activate', (event) => {
  event.waitUntil(dropOldShells().then(() => worker.clients.claim()))
})

worker.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== worker.location.origin) return
  if (request.mode === 'navigate' && pathname === '/') event.respondWith(newestPage(request))
  else if (pathname.startsWith('/browser/assets/')) event.respondWith(keptFile(request))
})

async function keepShell(): Promise<void> {
  const kept = await caches.open(shell)
  await Promise.all([kept.addAll(BUILD_FILES), keepPage(kept)])
}

async function keepPage(kept: Cache): Promise<void> {
  const page = await fetch('/', { headers: { accept: 'text/html' } })
  if (page.ok) await kept.put('/', page)
}

async function dropOldShells(): Promise<void> {
  const names = await caches.keys()
  const old = names.filter((name) => name.startsWith('iconql-shell-') && name !== shell)
  await Promise.all(old.map((name) => caches.delete(name)))
}

/** From the server as long as it answers: the page comes with a session. */
async function newestPage(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch (error) {
    const page = await caches.match('/', { cacheName: shell })
    if (page) return page
    throw error
  }
}

/** Names of files tell their content, so what is kept is right. */
async function keptFile(request: Request): Promise<Response> {
  return (await caches.match(request, { cacheName: shell })) ?? fetch(request)
}
