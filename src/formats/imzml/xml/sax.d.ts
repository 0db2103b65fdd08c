/** The part of sax that is used. */
declare module 'sax' {
  export interface Tag {
    readonly name: string
    readonly attributes: Readonly<Record<string, string>>
  }

  export interface Parser {
    /** Characters read so far. */
    readonly position: number
    onopentag: (tag: Tag) => void
    onclosetag: (name: string) => void
    onattribute: () => void
    ondoctype: () => void
    onprocessinginstruction: (instruction: { readonly name: string; readonly body: string }) => void
    onerror: (error: Error) => void
    write(text: string): Parser
    close(): Parser
  }

  const sax: { parser(strict: boolean, options: { readonly strictEntities: boolean }): Parser }
  export default sax
}
