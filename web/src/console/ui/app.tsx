import { useMemo, useState } from "preact/hooks";
import { webStorage } from "../../shared/storage";
import { forget, restore, type Account } from "../sign-in";
import { Desk } from "./desk";
import { Login } from "./login";

export function App() {
  const tab = useMemo(() => webStorage("session"), []);
  const [account, setAccount] = useState<Account | null>(() => restore(tab));
  const [reason, setReason] = useState("");

  const leave = (why: string) => {
    forget(tab);
    setReason(why);
    setAccount(null);
  };

  if (account === null) return <Login tab={tab} reason={reason} onSignedIn={setAccount} />;
  return <Desk key={account.token} account={account} tab={tab} onLeave={leave} />;
}
