import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Suspense, useEffect, useRef } from "react";
import { sessionQuery } from "@/api/session-query";
import { Page } from "@/ui/page/page";
import { Empty, Loaded, Loading } from "@/ui/page/states";
import { findSection, GROUPS } from "./sections";
import styles from "./settings.module.css";

const route = getRouteApi("/app/settings/$section");

export function SettingsPage() {
  const { section: name } = route.useParams();
  const section = findSection(name);
  const session = useQuery(sessionQuery);
  const nav = useRef<HTMLElement>(null);
  // On a phone the sections are a strip, on which the present one may be out of sight.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another section is another link
  useEffect(() => {
    nav.current?.querySelector(".active")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [name]);
  return (
    <Page title="Settings">
      <div className={styles.settings}>
        <nav ref={nav} className={styles.nav} aria-label="Settings">
          {GROUPS.map((group) => (
            <div key={group.name} className={styles.group}>
              <p className={styles.groupName}>{group.name}</p>
              <ul>
                {Object.entries(group.sections).map(([key, { name: label }]) => (
                  <li key={key}>
                    <Link
                      to="/app/settings/$section"
                      params={{ section: key }}
                      className={styles.link}
                      activeOptions={{ includeSearch: false }}
                    >
                      {label}
                    </Link>
                  </li>
                ))}
              </ul>
            </div>
          ))}
        </nav>
        <div className={styles.section}>
          {section === undefined ? (
            <Empty title="There are no such settings">Choose one of the sections.</Empty>
          ) : section.scope === "admin" && !session.data?.scopes.includes("admin") ? (
            <Loaded query={session}>{() => <NotAllowed name={section.name} />}</Loaded>
          ) : (
            <Suspense fallback={<Loading />}>
              <section.component />
            </Suspense>
          )}
        </div>
      </div>
    </Page>
  );
}

function NotAllowed({ name }: { name: string }) {
  return (
    <Empty title={`${name}: for administrators`}>
      You lack the role <code>admin</code>. An administrator of this organisation can give it to you in
      Settings, Users.
    </Empty>
  );
}
