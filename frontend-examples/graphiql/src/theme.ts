import { useGraphiQL, useGraphiQLActions } from '@graphiql/react'
import { useEffect } from 'react'

const systemTheme = window.matchMedia('(prefers-color-scheme: dark)')

/**
 * Recolours the editors when the system turns dark or light while the page is open.
 *
 * GraphiQL itself does so only for what style sheets draw, which leaves dark letters on a dark ground.
 */
export function FollowSystemTheme() {
  const { setTheme } = useGraphiQLActions()
  const theme = useGraphiQL((state) => state.theme)
  useEffect(() => {
    if (theme !== null) return undefined
    const recolour = () => setTheme(null)
    systemTheme.addEventListener('change', recolour)
    return () => systemTheme.removeEventListener('change', recolour)
  }, [theme, setTheme])
  return null
}
