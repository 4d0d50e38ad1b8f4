import { createRoot } from 'react-dom/client'
import { App } from './app'
import '../../common/base.css'
import './page.css'

const root = document.getElementById('page')
if (!root) throw new Error('index.html has no element with the id "page"')
createRoot(root).render(<App />)

// A tab that is older than the server's files cannot load those that it has not used yet: the page as it is now can.
addEventListener('vite:preloadError', (event) => {
  if (!navigator.onLine) return
  event.preventDefault()
  location.reload()
})
