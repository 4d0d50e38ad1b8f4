import type { ReactNode } from 'react'
import { counted, formatted } from '../../common/words'
import type { Detailed } from './details'
import { Strip } from './landing'
import { go } from './place'
import { SparkLine } from './spark-line'

/** How many tags are shown: some icons have a hundred. */
const TAGS = 16

/** What is known of an icon beside its drawing. */
export function Facts({ icon, onOpen }: { icon: Detailed; onOpen: () => void }) {
  const related = icon.related?.map((other) => other.icon) ?? []
  return (
    <div className="facts">
      {icon.variants.length > 0 && (
        <Part title="Variants">
          <Strip tiles={icon.variants} onOpen={onOpen} />
        </Part>
      )}
      {related.length > 0 && (
        <Part title="Used together with">
          <Strip tiles={related} onOpen={onOpen} />
        </Part>
      )}
      <Usage icon={icon} />
      <dl>
        <dt>Name</dt>
        <dd>
          <code>{icon.name}</code>
        </dd>
        {icon.aliasOf && (
          <>
            <dt>Alias of</dt>
            <dd>
              <Names names={[icon.aliasOf.name]} />
            </dd>
          </>
        )}
        {icon.aliases.length > 0 && (
          <>
            <dt>Aliases</dt>
            <dd>
              <Names names={icon.aliases} />
            </dd>
          </>
        )}
        <dt>Licence</dt>
        <dd>{icon.license ? <Linked href={icon.license.url}>{icon.license.title}</Linked> : 'The set names none'}</dd>
        {icon.set.author && (
          <>
            <dt>Author</dt>
            <dd>
              <Linked href={icon.set.author.url}>{icon.set.author.name}</Linked>
            </dd>
          </>
        )}
        <dt>Grid</dt>
        <dd>
          {formatted(icon.width)} × {formatted(icon.height)}
        </dd>
      </dl>
      {icon.categories.length > 0 && (
        <Part title="Categories">
          <Words words={icon.categories} onChoose={(category) => go({ categories: [category], query: '' })} />
        </Part>
      )}
      {icon.tags.length > 0 && (
        <Part title="Tags">
          <Words words={icon.tags.slice(0, TAGS)} onChoose={(tag) => go({ query: tag.includes(' ') ? tag : `tag:${tag}` })} />
        </Part>
      )}
    </div>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  )
}

function Usage({ icon: { usage } }: { icon: Detailed }) {
  if (!usage) return null
  const { count, rank, change, points } = usage
  return (
    <Part title="Used in 30 days">
      <div className="usage">
        <p>
          {count > 0 ? <strong>{counted(count, 'time')}</strong> : <span>Not yet</span>}
          {rank !== null && <span>rank {formatted(rank)}</span>}
          {change !== null && <span data-change={Math.sign(change)}>{percent(change)}</span>}
        </p>
        {count > 0 && <SparkLine counts={points.map((point) => point.count)} />}
      </div>
    </Part>
  )
}

function percent(change: number): string {
  const rounded = Math.round(change * 100)
  return `${rounded > 0 ? '+' : rounded < 0 ? '−' : '±'}${formatted(Math.abs(rounded))} %`
}

function Names({ names }: { names: readonly string[] }) {
  return names.map((name) => (
    <button key={name} type="button" className="link" onClick={() => go({ icon: name })}>
      {name}
    </button>
  ))
}

function Words({ words, onChoose }: { words: readonly string[]; onChoose: (word: string) => void }) {
  return (
    <ul className="words">
      {words.map((word) => (
        <li key={word}>
          <button type="button" className="chip" onClick={() => onChoose(word)}>
            {word}
          </button>
        </li>
      ))}
    </ul>
  )
}

/** Addresses come from the sets: only those that lead to a page are links. */
function Linked({ href, children }: { href: string | null; children: ReactNode }) {
  if (!href || !/^https?:\/\//i.test(href)) return children
  return (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  )
}
