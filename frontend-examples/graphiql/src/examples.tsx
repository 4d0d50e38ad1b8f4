import { useGraphiQL, useGraphiQLActions, type GraphiQLPlugin } from '@graphiql/react'
import { operations, type Operation } from './operations'

/** Lists every example with what it shows; a click opens it in a tab of its own, or the tab that has it. */
export const examplesPlugin: GraphiQLPlugin = {
  title: 'Examples',
  icon: ExamplesIcon,
  content: Examples,
}

function Examples() {
  const open = useOpenOperation()
  return (
    <section aria-label="Examples" className="examples">
      <div className="examples-title">Examples</div>
      <ul>
        {operations.map((operation) => (
          <li key={operation.name}>
            <button type="button" onClick={() => open(operation)}>
              <strong>{operation.name}</strong>
              <span>{operation.about}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

function useOpenOperation(): (operation: Operation) => void {
  const { addTab, changeTab } = useGraphiQLActions()
  const tabs = useGraphiQL((state) => state.tabs)
  const queryEditor = useGraphiQL((state) => state.queryEditor)
  return (operation) => {
    const open = tabs.findIndex((tab) => tab.query?.trim() === operation.query.trim())
    if (open >= 0) {
      changeTab(open)
    } else {
      addTab()
      queryEditor?.setValue(operation.query)
    }
  }
}

function ExamplesIcon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <rect x="3.5" y="3.5" width="7" height="7" rx="1.5" />
      <rect x="3.5" y="13.5" width="7" height="7" rx="1.5" />
      <path d="M14 5.5h7M14 8.5h4.5M14 15.5h7M14 18.5h4.5" strokeLinecap="round" />
    </svg>
  )
}
