import { explorerPlugin } from '@graphiql/plugin-explorer'
import { HISTORY_PLUGIN } from '@graphiql/plugin-history'
import { GraphiQL } from 'graphiql'
import 'graphiql/setup-workers/vite'
import { createRoot } from 'react-dom/client'
import { examplesPlugin } from './examples'
import { fetcher } from './fetcher'
import { defaultTabs } from './operations'
import { FollowSystemTheme } from './theme'
import './page.css'

const plugins = [HISTORY_PLUGIN, explorerPlugin(), examplesPlugin]

/** How the variables of a scalar are written in JSON, so that the editor checks and completes them. */
const customScalarSchemas = {
  IconName: { type: 'string', pattern: '^[a-z0-9]+(-[a-z0-9]+)*:[a-z0-9]+(-[a-z0-9]+)*$' },
  Color: { type: 'string' },
  DateTime: { type: 'string', format: 'date-time' },
  Long: { type: 'integer' },
  UUID: { type: 'string', format: 'uuid' },
} as const

function Page() {
  return (
    <GraphiQL
      fetcher={fetcher}
      defaultTabs={defaultTabs}
      plugins={plugins}
      defaultEditorToolsVisibility={false}
      isHeadersEditorEnabled
      // An API key typed into the headers ends with the tab.
      shouldPersistHeaders={false}
      inputValueDeprecation
      schemaDescription
      customScalarSchemas={customScalarSchemas}
    >
      <GraphiQL.Logo>iconql</GraphiQL.Logo>
      <FollowSystemTheme />
    </GraphiQL>
  )
}

// The editor measures its letters once, when it is made: its font has to be there by then.
await Promise.allSettled([document.fonts.load('15px "Fira Code"'), document.fonts.load('15px Roboto')])

const root = document.getElementById('page')
if (!root) throw new Error('index.html has no element with the id "page"')
createRoot(root).render(<Page />)
