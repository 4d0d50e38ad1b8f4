import { createRoot } from 'react-dom/client'
import { App } from './app'
import { startDelivery } from './usage'
import '../../common/base.css'
import './page.css'

const root = document.getElementById('page')
if (!root) throw new Error('index.html has no element with the id "page"')
createRoot(root).render(<App />)
startDelivery()

// A tab that is older than the server's files cannot load those that it has not used yet: the page as it is now can.
addEventListener('vite:preloadError', (event) => {
  if (!navigator.onLine) return
  event.preventDefault()
  location.reload()
})

if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  addEventListener('load', () => {
    void navigator.serviceWorker.register('/browser/sw.js', { scope: '/' }).catch(() => {
      // Then there is no page without a network.
    })
  })
}
