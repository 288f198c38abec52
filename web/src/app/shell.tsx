import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { Bug, LogOut, Menu as MenuIcon, Monitor, Moon, Settings, Sun, Users, Workflow } from "lucide-react";
import { type ReactNode, Suspense, useState } from "react";
import { Toaster } from "sonner";
import { api, call } from "@/api/client";
import { mayPass } from "@/api/query-client";
import { goOut, useInvitation, useOut } from "@/api/session";
import { sessionQuery } from "@/api/session-query";
import { Button } from "@/ui/inputs/button";
import { Tooltip } from "@/ui/overlays/tooltip";
import { Failed, Loading } from "@/ui/page/states";
import { AcceptInvitation } from "./accept-invitation";
import { ErrorBoundary } from "./error-boundary";
import styles from "./shell.module.css";
import { SignIn } from "./sign-in";
import { chooseTheme, type Theme, useTheme } from "./theme";
import { Unread } from "./unread";

export function Shell() {
  return (
    <>
      <Standing />
      <Toaster position="top-center" theme={useTheme()} closeButton />
    </>
  );
}

function Standing() {
  const invitation = useInvitation();
  const out = useOut();
  if (invitation !== null) return <AcceptInvitation token={invitation} />;
  return out === null ? <Opening /> : <SignIn why={out} />;
}

/** Screens load data only after the session is known. If the server does not answer, each screen says so itself. */
function Opening() {
  const session = useQuery(sessionQuery);
  if (session.data !== undefined || mayPass(session.failureReason)) return <SignedIn />;
  return (
    <div className={styles.opening}>{session.error ? <Failed error={session.error} /> : <Loading />}</div>
  );
}

function SignedIn() {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const [open, setOpen] = useState(false);
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main">
        Skip to content
      </a>
      <div className={styles.bar}>
        <Button
          look="quiet"
          icon
          aria-label="Menu"
          aria-expanded={open}
          aria-controls="navigation"
          onClick={() => setOpen(!open)}
        >
          <MenuIcon />
        </Button>
        <Brand />
      </div>
      <nav id="navigation" className={styles.nav} data-open={open} aria-label="Main">
        <Brand />
        <Rooms onGo={() => setOpen(false)} />
        <Foot onGo={() => setOpen(false)} />
      </nav>
      <main id="main" className={styles.main} tabIndex={-1}>
        <ErrorBoundary key={path}>
          <Suspense fallback={<Loading />}>
            <Outlet />
          </Suspense>
        </ErrorBoundary>
      </main>
    </div>
  );
}

function Brand() {
  return (
    <Link to="/app/sequences" className={styles.brand}>
      <img src="/favicon.svg" alt="" width={22} height={22} />
      Cadenza
    </Link>
  );
}

function Rooms({ onGo }: { onGo: () => void }) {
  const session = useQuery(sessionQuery);
  return (
    <ul className={styles.rooms}>
      <Room to="/app/sequences" icon={<Workflow />} onGo={onGo}>
        Sequences
      </Room>
      <Room to="/app/leads" icon={<Users />} onGo={onGo}>
        Leads
      </Room>
      <Room to="/app/settings/mailboxes" icon={<Settings />} onGo={onGo}>
        Settings
      </Room>
      {session.data?.dev && (
        <Room to="/app/dev" icon={<Bug />} onGo={onGo}>
          Dev tools
        </Room>
      )}
    </ul>
  );
}

function Room({
  to,
  icon,
  onGo,
  children,
}: {
  to: string;
  icon: ReactNode;
  onGo: () => void;
  children: ReactNode;
}) {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const room = to.split("/").slice(0, 3).join("/");
  return (
    <li>
      <Link to={to} className={styles.room} data-current={path.startsWith(room)} onClick={onGo}>
        {icon}
        {children}
      </Link>
    </li>
  );
}

const THEMES: readonly [Theme, string, ReactNode][] = [
  ["system", "As the system", <Monitor key="system" />],
  ["light", "Light", <Sun key="light" />],
  ["dark", "Dark", <Moon key="dark" />],
];

function Foot({ onGo }: { onGo: () => void }) {
  const theme = useTheme();
  const person = useQuery(sessionQuery).data?.user;
  const leaving = useMutation({
    mutationFn: () => call(api.DELETE("/session")),
    onSuccess: () => goOut("left"),
  });
  return (
    <div className={styles.foot}>
      <fieldset className={styles.themes}>
        <legend className="visually-hidden">Colours</legend>
        {THEMES.map(([value, label, icon]) => (
          <Tooltip key={value} text={label}>
            <Button
              look="quiet"
              size="sm"
              icon
              aria-label={label}
              aria-pressed={theme === value}
              onClick={() => chooseTheme(value)}
            >
              {icon}
            </Button>
          </Tooltip>
        ))}
      </fieldset>
      <Unread onGo={onGo} />
      <Tooltip text={person ? `Sign out ${person.email}` : "Sign out"}>
        <Button
          look="quiet"
          size="sm"
          icon
          aria-label="Sign out"
          busy={leaving.isPending}
          onClick={() => leaving.mutate()}
        >
          <LogOut />
        </Button>
      </Tooltip>
    </div>
  );
}
